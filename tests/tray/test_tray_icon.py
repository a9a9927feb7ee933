"""The drawings: complete, told apart by shape, seen on every taskbar."""

from __future__ import annotations

from itertools import combinations

import pytest
from PIL import Image

from app.base.paths import ASSETS_DIR
from app.robot.state import RobotState, Snapshot
from app.tray.icon import Face, face_of, icon_file, icon_image

SIZES = (16, 20, 24, 32, 40, 48, 64)
TASKBARS = ((0xF3, 0xF3, 0xF3), (0x20, 0x20, 0x20))


@pytest.mark.parametrize("state", list(RobotState))
def test_every_state_has_a_face_of_its_own(state):
    """No two states look alike."""
    face = face_of(Snapshot(state=state, connected=True))
    assert [other for other in RobotState if face_of(Snapshot(state=other, connected=True)) is face] == [state]


def test_nobody_is_ready_before_the_first_answer():
    """Until the Orchestrator has answered, the robot looks as one that can't reach it; a pause is a pause."""
    assert face_of(Snapshot()) is Face.OFFLINE
    assert face_of(Snapshot(paused=True)) is Face.PAUSED


def test_pause_shows_when_nothing_else_does():
    """A paused robot that still works, or can't reach the Orchestrator, shows that."""
    assert face_of(Snapshot(paused=True)) is Face.PAUSED
    assert face_of(Snapshot(paused=True, state=RobotState.WORKING)) is Face.WORKING
    assert face_of(Snapshot(paused=True, state=RobotState.OFFLINE)) is Face.OFFLINE


@pytest.mark.parametrize("face", list(Face))
def test_ico_has_every_size(face):
    """Each .ico carries a drawing for every usual scale of Windows, from 100 to 400 %."""
    with Image.open(icon_file(face)) as ico:
        assert {(size, size) for size in SIZES} <= ico.info["sizes"]


def test_program_icon_has_every_size():
    """The program's icon also has the large sizes that the Explorer shows."""
    with Image.open(ASSETS_DIR / "robot.ico") as ico:
        assert {(size, size) for size in (*SIZES, 256)} <= ico.info["sizes"]


@pytest.mark.parametrize("size", [*SIZES, 18, 22, 96])
def test_image_of_any_size(size):
    """An image has the size that was asked for, drawn or made from the next larger one."""
    assert icon_image(Face.READY, size).size == (size, size)


def shape(face: Face, size: int) -> list[int]:
    """The drawing without its colours: 0 nothing, 1 body, 2 sign."""
    pixels = icon_image(face, size).get_flattened_data()
    return [0 if alpha < 128 else 2 if min(red, green, blue) > 180 else 1 for red, green, blue, alpha in pixels]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("one", "other"), list(combinations(Face, 2)))
def test_faces_differ_in_shape(one, other, size):
    """Without colour, two faces still differ in at least 6 % of the square (15 of 256 pixels)."""
    different = sum(a != b for a, b in zip(shape(one, size), shape(other, size), strict=True))
    assert different / size**2 >= 0.06


def luminance(colour: tuple[int, ...]) -> float:
    """WCAG 2.2, relative luminance."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour[:3])]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """WCAG 2.2, contrast ratio."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("taskbar", TASKBARS)
@pytest.mark.parametrize("face", list(Face))
def test_face_is_seen_on_light_and_dark(face, taskbar):
    """The body has the contrast that WCAG asks of graphics (3:1) on both taskbars, and the sign has it on the body."""
    colours = icon_image(face, 64).getcolors(64 * 64)
    body = max(((n, c) for n, c in colours if c[3] == 255 and min(c[:3]) < 180), key=lambda each: each[0])[1]
    assert contrast(body, taskbar) >= 3
    assert contrast(body, (255, 255, 255)) >= 3


@pytest.mark.parametrize("size", [16, 20, 24, 32, 40, 48])
@pytest.mark.parametrize("face", [Face.READY, Face.PAUSED, Face.STOPPING, Face.ERROR])
def test_upright_drawings_are_crisp(face, size):
    """Upright and level edges lie on whole pixels: only the round corners are soft, at most 4 x 9 pixels per 16."""
    image = icon_image(face, size)
    body = max((n, c) for n, c in image.getcolors(size * size) if c[3] == 255 and min(c[:3]) < 180)[1]
    soft = sum(pixel[3] not in {0, 255} or (pixel[3] == 255 and pixel not in {body, (255, 255, 255, 255)})
               for pixel in image.get_flattened_data())  # fmt: skip
    assert soft <= 36 * size / 16
