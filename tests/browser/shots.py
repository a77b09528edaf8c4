"""`python -m tests.browser.shots`: a picture of every screen, in both sizes, languages and themes, into shots/.

`--only NAME` takes the screens whose names begin so; `--images` writes the README's pictures into docs/images
instead. One process serves, looks and ends; what looks wrong in the console of the browser is told at the end.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import Error, Page

from tests.browser import chromium
from tests.browser.conftest import DESKTOP, PHONE, watched
from tests.browser.screens import SCREENS, Screen
from tests.browser.small_png import reduced
from tests.browser.stage import Stage, staged

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "shots"
IMAGES = ROOT / "docs" / "images"
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
THEMES = ("light", "dark")
SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE, "has_touch": True},
}
IMAGE_SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": PHONE, "has_touch": True},
}
ON_A_PHONE = ("list",)
"""Screens the README shows on a phone too."""

QUIET = """() => {
  const busy = document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .d-view[aria-busy]");
  const count = performance.getEntriesByType("resource").length;
  const same = window.__shots === count;
  window.__shots = count;
  return same && !busy && document.readyState === "complete";
}"""
QUIET_MS = 120
PATIENCE = 15_000


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 1 when a screen could not be taken or a page complained."""
    chosen = _parser().parse_args(arguments)
    wanted = [each for each in SCREENS if each.name.startswith(chosen.only)]
    if chosen.images:
        wanted = [each for each in wanted if each.image]
    if not wanted:
        print(f"No screen is called {chosen.only!r}. There are: {', '.join(each.name for each in SCREENS)}")
        return 1
    begun, trouble = time.monotonic(), []
    with chromium.running() as browser, staged(browser, {each.path for each in wanted}) as stage:
        shooting = readme_images(stage, wanted) if chosen.images else all_shots(stage, wanted)
        done = 0
        for complaint in shooting:
            done += 1
            trouble += complaint
    print(f"{done} screens in {time.monotonic() - begun:.0f} s, in {IMAGES if chosen.images else FOLDER}")
    print(*trouble, sep="\n", end="\n" if trouble else "")
    return 1 if trouble else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py shots", description="Takes a picture of every screen.")
    parser.add_argument("--only", default="", metavar="NAME", help="only screens whose names begin like this")
    parser.add_argument("--images", action="store_true", help="write the README's pictures into docs/images")
    return parser


def all_shots(stage: Stage, wanted: Sequence[Screen]) -> Iterator[list[str]]:
    """Take every screen; for each, what its page complained of."""
    for lang, locale in LOCALES.items():
        stage.speak(lang)
        for size, look in SIZES.items():
            for screen, page, breaches in looked_at(stage, wanted, locale=locale, **look):
                name = f"{screen.name}-{size}-{lang}"
                targets = {theme: FOLDER / f"{name}-{theme}.png" for theme in THEMES}
                problem = taken(stage, page, screen, targets)
                yield [f"{name}: {each}" for each in [*problem, *breaches]]
                breaches.clear()


def readme_images(stage: Stage, wanted: Sequence[Screen]) -> Iterator[list[str]]:
    """Take the README's screens, small."""
    for lang, locale in LOCALES.items():
        stage.speak(lang)
        for size, look in IMAGE_SIZES.items():
            some = [each for each in wanted if size == "desktop" or each.name in ON_A_PHONE]
            for screen, page, breaches in looked_at(stage, some, locale=locale, **look):
                suffix = "-phone" if size == "phone" else ""
                target = IMAGES / f"{screen.name}{suffix}.{lang}.png"
                problem = taken(stage, page, screen, {"light": target})
                target.write_bytes(reduced(target.read_bytes()))
                yield [f"{target.name}: {each}" for each in [*problem, *breaches]]
                breaches.clear()


def looked_at(stage: Stage, wanted: Sequence[Screen], **look: Any) -> Iterator[tuple[Screen, Page, list[str]]]:
    """Every screen with a page of whoever looks at it, and what that page complains of; one window for each."""
    for who in dict.fromkeys(each.who for each in wanted):
        page = stage.window(who, reduced_motion="reduce", timezone_id="Asia/Shanghai", **look)
        page.set_default_timeout(PATIENCE)
        breaches = watched(page.context)
        for screen in (each for each in wanted if each.who == who):
            yield screen, page, breaches
        page.context.close()


def taken(stage: Stage, page: Page, screen: Screen, targets: Mapping[str, Path]) -> list[str]:
    """Go to a screen, do what is done there, write a picture for each theme; what went wrong."""
    try:
        page.goto(stage.resolved(screen.path))
        settle(page)
        if screen.then is not None:
            screen.then(page)
            settle(page)
        for theme, target in targets.items():
            page.emulate_media(color_scheme=cast("Any", theme), reduced_motion="reduce")
            target.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=target, animations="disabled", caret="hide")
    except Error as error:
        return [str(error).splitlines()[0]]
    return []


def settle(page: Page) -> None:
    """Wait until nothing is being fetched or swapped in."""
    page.wait_for_function(QUIET, polling=QUIET_MS)


if __name__ == "__main__":
    sys.exit(main())
