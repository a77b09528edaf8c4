"""Files, pictures and signatures as people add and see them: picked, dropped, pasted, drawn; also on a phone."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import HAND
from tests.browser.live import sign_in
from tests.prepared import copies_of
from tests.runtime.files import studio

pytestmark = pytest.mark.browser

PDF = {"name": "quote.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 a quote"}
FIRST, SECOND = ".file-item >> nth=0", ".file-item >> nth=1"
DROP = """([selector, name, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name));
    const place = document.querySelector(selector);
    for (const kind of ["dragover", "drop"])
        place.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def photo(name: str, color: str = "red") -> dict:
    return {"name": name, "mimeType": "image/png", "buffer": studio.picture(900, 600, color=color)}


database = copies_of(studio.furnish, ("sqlite",))


@pytest.fixture
def new(page: Page, address: str) -> Page:
    """The form of a new job."""
    sign_in(page, address, "sally")
    page.goto(f"{address}/e/job/new")
    page.fill("[name=name]", "Roof")
    return page


def box(page: Page, key: str):
    return page.locator(f".file-box[data-key={key}]")


def save(page: Page) -> None:
    page.locator("#record-form button.btn-primary[type=submit]").first.click()
    page.wait_for_selector("#record")


def test_files_are_picked_ordered_removed_saved_seen_and_downloaded(new: Page):
    papers, photos = box(new, "papers"), box(new, "photos")
    papers.locator("input[type=file]").set_input_files([PDF, {**PDF, "name": "plan.pdf", "buffer": b"%PDF-2"}])
    expect(papers.locator(".file-item:not(.is-loading) .file-name")).to_have_text(["quote.pdf", "plan.pdf"])
    photos.locator("input[type=file]").first.set_input_files([photo("a.png"), photo("b.png", "blue")])
    expect(photos.locator(".file-item img")).to_have_count(2)
    assert photos.locator("img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 192

    papers.locator(FIRST).locator("[data-do=file-later]").click()
    expect(papers.locator(".file-name")).to_have_text(["plan.pdf", "quote.pdf"])
    papers.locator(FIRST).locator("[data-do=file-remove]").click()
    save(new)

    expect(new.locator(".fact .file-chip")).to_have_text("PDFquote.pdf")
    expect(new.locator(".fact .file-picture img")).to_have_count(2)
    with new.expect_download() as got:
        new.evaluate("location.href = document.querySelector('.fact .file-chip').href")
    assert (got.value.suggested_filename, got.value.path().read_bytes()) == ("quote.pdf", PDF["buffer"])
    new.goto(new.url.rpartition("/")[0])
    expect(new.locator("#rows .file-picture img")).to_have_count(2)


def test_the_viewer_is_led_by_keys(new: Page):
    box(new, "photos").locator("input[type=file]").first.set_input_files([photo("a.png"), photo("b.png", "blue")])
    expect(box(new, "photos").locator("img")).to_have_count(2)
    save(new)

    new.locator(".fact .file-picture").first.click()
    viewer = new.locator("dialog.viewer")
    expect(viewer.locator("h2")).to_have_text("a.png")
    assert viewer.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 900
    new.keyboard.press("ArrowRight")
    expect(viewer.locator("h2")).to_have_text("b.png")
    new.keyboard.press("Home")
    expect(viewer.locator("h2")).to_have_text("a.png")
    new.keyboard.press("Escape")

    expect(viewer).to_have_count(0)
    assert new.evaluate("document.activeElement.title") == "a.png"


def test_files_are_dropped_and_pasted(new: Page):
    new.evaluate(DROP, [".file-box[data-key=papers]", "dropped.txt", "aGVsbG8="])
    expect(box(new, "papers").locator(".file-item:not(.is-loading) .file-name")).to_have_text("dropped.txt")
    new.evaluate(DROP, ["#record-form .page-head", "beside.txt", "aGVsbG8="])
    box(new, "photos").locator("input[type=file]").first.focus()
    new.evaluate(
        """async () => {
            const canvas = document.createElement("canvas");
            canvas.getContext("2d").fillRect(0, 0, 9, 9);
            const data = new DataTransfer();
            const blob = await new Promise((resolve) => canvas.toBlob(resolve));
            data.items.add(new File([blob], "image.png", { type: "image/png" }));
            const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(event);
        }"""
    )
    expect(box(new, "photos").locator(".file-item:not(.is-loading) .file-name")).to_have_text("image.png")
    expect(new.locator(".file-item")).to_have_count(2)


def test_what_is_not_taken_is_said_and_what_failed_is_tried_again(new: Page):
    papers, sheet = box(new, "papers"), box(new, "sheet")
    papers.locator("input[type=file]").set_input_files({**PDF, "buffer": b"x" * 20_001})
    expect(new.locator(".toast-line")).to_contain_text("20 kB")
    sheet.locator("input[type=file]").set_input_files({**PDF, "name": "fake.xlsx"})
    expect(sheet.locator(".is-failed small")).to_contain_text("fake.xlsx")
    sheet.locator("button").click()
    expect(sheet.locator(".file-item")).to_have_count(0)

    new.route("**/api/v1/files", lambda route: route.fulfill(status=429, body="{}"))
    papers.locator("input[type=file]").set_input_files(PDF)
    expect(papers.locator(".is-failed")).to_have_count(1)
    new.unroute("**/api/v1/files")
    papers.locator(".is-failed button").first.click()
    expect(papers.locator(".file-item:not(.is-loading):not(.is-failed) .file-name")).to_have_text("quote.pdf")


def test_a_form_waits_for_its_files_and_an_upload_can_be_cancelled(new: Page):
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    new.route("**/api/v1/files", hold)
    box(new, "papers").locator("input[type=file]").set_input_files([PDF, {**PDF, "name": "two.pdf"}])
    expect(new.locator(".is-loading")).to_have_count(2)

    new.locator("#record-form button.btn-primary[type=submit]").first.click()
    expect(new.locator(".toast-line")).to_contain_text("still being uploaded")
    new.locator(".is-loading button").last.click()
    expect(new.locator(".file-item")).to_have_count(1)
    held[0].continue_()
    expect(new.locator(".file-item:not(.is-loading)")).to_have_count(1)
    save(new)

    expect(new.locator(".fact .file-chip")).to_have_text("PDFquote.pdf")


def test_files_survive_a_refused_save(new: Page):
    new.fill("[name=name]", "")
    box(new, "papers").locator("input[type=file]").set_input_files(PDF)
    box(new, "photos").locator("input[type=file]").first.set_input_files(photo("a.png"))
    expect(new.locator(".file-item:not(.is-loading)")).to_have_count(2)

    new.locator("#record-form button.btn-primary[type=submit]").first.click()
    new.wait_for_selector("#form-problem")
    expect(box(new, "papers").locator(".file-name")).to_have_text("quote.pdf")
    expect(box(new, "photos").locator("img")).to_have_count(1)
    new.fill("[name=name]", "Roof")
    save(new)

    expect(new.locator(".fact .file-chip")).to_have_text("PDFquote.pdf")


def test_lines_have_pictures_of_their_own(new: Page):
    row = new.locator(".subtable tbody tr").first
    row.locator("[name$='.what']").fill("door")
    row.locator("input[type=file]").first.set_input_files(photo("door.png"))
    expect(row.locator(".file-item img")).to_have_count(1)
    new.locator("[data-do=add-line]").click()
    second = new.locator(".subtable tbody tr").nth(1)
    second.locator("[name$='.what']").fill("gate")
    second.locator("input[type=file]").first.set_input_files(photo("gate.png"))
    expect(second.locator(".file-item img")).to_have_count(1)
    save(new)

    expect(new.locator("table.lines .file-picture")).to_have_count(2)


def draw(page: Page, *strokes: tuple[tuple[int, int], tuple[int, int]]) -> None:
    """Draw straight strokes on the pad; places in hundredths of it."""
    pad = page.locator(".sign-pad").bounding_box()
    for start, end in strokes:
        (x, y), (to_x, to_y) = (
            (pad["x"] + pad["width"] * a / 100, pad["y"] + pad["height"] * b / 100) for a, b in (start, end)
        )
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(to_x, to_y, steps=6)
        page.mouse.up()


def test_a_signature_is_drawn_undone_saved_and_shown(new: Page):
    new.locator("[data-do=sign]").click()
    done = new.locator(".sign-dialog .btn-primary")
    expect(done).to_be_disabled()
    draw(new, ((20, 50), (60, 40)), ((30, 20), (30, 80)))
    new.keyboard.press("Control+z")
    draw(new, ((40, 30), (45, 70)))
    done.click()
    expect(box(new, "signed").locator(".file-item:not(.is-loading) img")).to_have_count(1)
    save(new)

    seen = new.locator(".fact img[alt='signature.png']")
    expect(seen).to_be_visible()
    href = new.locator(".fact a:has(img[alt='signature.png'])").get_attribute("href")
    drawing = Image.open(io.BytesIO(new.request.get(new.url.split("/e/")[0] + href).body()))
    assert drawing.format == "PNG"
    assert 500 < drawing.width < 800 and 150 < drawing.height < 400
    dark = sum(count for count, color in drawing.convert("L").getcolors(256) if color < 128)
    assert dark > 1_000


def test_on_a_phone_everything_fits_and_there_is_a_camera(window: Callable[..., Page], address: str):
    page = window("simon", **HAND)
    page.goto(f"{address}/e/job/new")
    page.fill("[name=name]", "Roof")

    expect(box(page, "photos").locator(".file-camera")).to_be_visible()
    assert box(page, "photos").locator("input[capture]").count() == 1
    box(page, "photos").locator("input[capture]").set_input_files(photo("image.jpg.png"))
    expect(box(page, "photos").locator("img")).to_have_count(1)
    page.locator("[data-do=sign]").tap()
    draw(page, ((20, 50), (80, 40)))
    page.locator(".sign-dialog .btn-primary").tap()
    expect(box(page, "signed").locator("img")).to_have_count(1)
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    save(page)
    page.locator(".fact .file-picture").first.tap()
    expect(page.locator("dialog.viewer")).to_be_visible()
    assert page.evaluate("document.querySelector('dialog.viewer').getBoundingClientRect().right <= innerWidth")
