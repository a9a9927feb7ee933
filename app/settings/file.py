"""The commented `robot.toml` that a first start writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.errors import RobotError
from app.base.i18n import current_language
from app.base.os_reasons import os_reason

if TYPE_CHECKING:
    from pathlib import Path

_ENGLISH = """\
# Settings of the robot. Lines that begin with # are comments and show the defaults.
# Texts stand in single quotes; the robot re-reads this file when it is saved.

# The address of the Orchestrator, and this robot's GUID from its page "Robots". Both are needed.
# Keep the GUID secret: whoever has it can pose as this robot.
host = ''
robot_guid = ''

# Folder of the scripts; relative to this file.
# scripts = 'scripts'

# Interpreter for scripts that have no .venv of their own; without it, the one that comes with the robot.
# python = 'C:\\Python311\\python.exe'

# When there is no more work: 'logoff' (log off Windows), 'exit' (end the program) or 'wait' (stay and ask again).
# when_idle = 'logoff'
# logoff_countdown = 15      # seconds in which a person can cancel the log-off; 0 = none

# heartbeat_seconds = 10     # while a job runs
# poll_seconds = 10          # between questions with when_idle = 'wait'
# request_timeout = 10       # seconds
# stop_timeout = 0           # seconds from a soft stop to the hard one; 0 = never
# offline_limit = 0          # seconds without the Orchestrator before giving up; 0 = keep trying

# The system's trust store and proxy settings are used unless these say otherwise.
# verify_tls = true
# ca_file = 'company-ca.pem'
# client_certificate = 'robot.pem'
# proxy = 'http://proxy:3128'

# script_argument = 'vendor' # the argument that scripts of the vendor's framework expect; 'none' leaves it out
# share_credentials = true   # let scripts know the robot's GUID
# script_manifest = 'approved.sha256' # only scripts whose SHA-256 stands in this file may run
# language = 'auto'          # 'ru', 'en'
# notifications = true
# send_logs = false          # send messages to the Orchestrator, too
# keep_logs_days = 30
# data_dir = ''              # journal and logs; without it, the usual place of this user
"""

_RUSSIAN = """\
# Настройки робота. Строки, начинающиеся с #, — комментарии; в них показаны значения по умолчанию.
# Тексты пишутся в одинарных кавычках; после сохранения робот перечитывает этот файл.

# Адрес Оркестратора и GUID этого робота со страницы «Роботы». Нужны оба.
# Храните GUID в тайне: кто его знает, может выдать себя за этого робота.
host = ''
robot_guid = ''

# Папка скриптов; относительно этого файла.
# scripts = 'scripts'

# Интерпретатор для скриптов, у которых нет своего .venv; без него — тот, что поставляется с роботом.
# python = 'C:\\Python311\\python.exe'

# Когда работы больше нет: 'logoff' (выйти из Windows), 'exit' (закрыть программу) или 'wait' (остаться и спрашивать).
# when_idle = 'logoff'
# logoff_countdown = 15      # секунд, чтобы отменить выход; 0 — без отсчёта

# heartbeat_seconds = 10     # пока выполняется работа
# poll_seconds = 10          # между запросами при when_idle = 'wait'
# request_timeout = 10       # секунд
# stop_timeout = 0           # секунд от мягкой остановки до принудительной; 0 — никогда
# offline_limit = 0          # секунд без Оркестратора, после которых робот сдаётся; 0 — пытаться всегда

# Если не указано иное, действуют системное хранилище сертификатов и системный прокси.
# verify_tls = true
# ca_file = 'company-ca.pem'
# client_certificate = 'robot.pem'
# proxy = 'http://proxy:3128'

# script_argument = 'vendor' # аргумент, которого ждут скрипты фреймворка вендора; 'none' — не передавать
# share_credentials = true   # сообщать скриптам GUID робота
# script_manifest = 'approved.sha256' # запускать только скрипты, чья сумма SHA-256 есть в этом файле
# language = 'auto'          # 'ru', 'en'
# notifications = true
# send_logs = false          # отправлять сообщения и в Оркестратор
# keep_logs_days = 30
# data_dir = ''              # журнал и логи; без него — обычная папка этого пользователя
"""


def template_text() -> str:
    """The template in the user's language. Filling in `host` and `robot_guid` makes it complete."""
    return _RUSSIAN if current_language() == "ru" else _ENGLISH


def toml_text(value: str) -> str:
    """`value` as a TOML string: literal where that is possible, so that Windows paths stay readable."""
    if "'" not in value and value.isprintable():
        return f"'{value}'"
    escaped = "".join(char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}" for char in value)
    return f'"{escaped}"'


def filled_template(values: dict[str, str]) -> str:
    """The template with `values` (TOML literals by key) in place; a key commented out there comes to life."""
    lines = []
    missing = dict(values)
    for line in template_text().splitlines():
        key = line.removeprefix("# ").split(" = ", maxsplit=1)[0]
        lines.append(f"{key} = {missing.pop(key)}" if key in missing else line)
    lines += [f"{key} = {value}" for key, value in missing.items()]
    return "\n".join(lines) + "\n"


def write_settings(file: Path, text: str, *, shared: bool = False) -> None:
    """Write a settings file that only this user may read (`shared`: every user), with the system's usual line ends.

    Raises:
        RobotError: it can't be written.
    """
    from app.base.i18n import _
    from app.base.private_files import make_private

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        if not shared:
            make_private(file)  # before the secret is in it
        file.write_text(text, "utf-8")
    except OSError as error:
        raise RobotError(
            _("The settings file {file} can't be written: {reason}.").format(
                file=file, reason=os_reason(error).for_people()
            ),
            _("Give this user the right to write there."),
        ) from None
