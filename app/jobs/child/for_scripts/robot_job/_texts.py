"""What `robot_job` says to people, in the language of the robot."""

import os

NO_ROBOT = (
    "{what} needs a robot, and none runs this script: start it by `robot try`, or play one with the pytest fixture "
    "`robot` of the package robot_job"
)
_RUSSIAN = {
    NO_ROBOT: "{what}: для этого нужен робот, а скрипт запущен без него. Запустите его командой `robot try` или "
    "возьмите pytest-фикстуру `robot` из пакета robot_job",
    "The robot does not answer: {error}": "Робот не отвечает: {error}",
    "Stopped by the operator in the middle of this task": "Остановлено оператором посреди этой задачи",
    "There is no asset {name}": "Актива {name} нет",
    "There is no file {path}": "Файла {path} нет",
    "A secret to mask has at least 3 characters": "Секрет, который надо скрыть, — не короче 3 символов",
    "The level {level} is none of {levels}": "Уровень {level} — не один из {levels}",
    "This can't be written as JSON: {error}": "Это нельзя записать в JSON: {error}",
    "{value} is no text: {argument} of {call}": "{value} — не строка: {argument} в {call}",
    "{value} is no name: {argument} of {call}": "{value} — не имя: {argument} в {call}",
    "{value} is no number: {argument} of {call}": "{value} — не число: {argument} в {call}",
    "{value} can't be called: {argument} of {call}": "{value} нельзя вызвать: {argument} в {call}",
    "Bytes can't be sent; decode them to a text": "Байты (bytes) нельзя отправить; преобразуйте их в строку",
    "{value} is no moment to postpone to": "{value} — не момент, до которого можно отложить",
    "The Orchestrator answered a new task without its GUID": "В ответе Оркестратора нет GUID новой задачи",
    "set_asset needs a text, a password or both": "set_asset нужен текст, пароль или и то и другое",
    "The Orchestrator hands task {name} out again and again": "Оркестратор выдаёт задачу {name} снова и снова",
    "The Orchestrator can't be reached; asking for the next task goes on": "Оркестратор недоступен; запрос следующей "
    "задачи повторяется",
}


def say(text: str, **values: object) -> str:
    """`text` in the robot's language with its placeholders filled."""
    if os.environ.get("ROBOT_RUN_LANGUAGE") == "ru":
        text = _RUSSIAN.get(text, text)
    return text.format(**values)
