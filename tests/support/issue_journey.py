"""
What an editor does with an issue in a browser, from its draft to its correction.
"""

from __future__ import annotations

import re

from harbour_feed import TITLES
from installation import Installation
from newsroom_editor import Editor
from staff_samples import EVE

from newsletter.workers.sender import run_until_done

# Several batches, so that an issue can be paused between two of them.
READERS = 1_500


def write_issue(editor: Editor) -> int:
    editor.open("/admin/issues/new")
    editor.tick("[name=brief]")
    editor.click("Begin the draft")
    number = int(re.findall(r"/issues/(\d+)", editor.page.url)[0])
    editor.write("#subject", "What stays in the harbour")
    editor.write("#intro", "Good morning, %%first_name|reader%%.")
    if editor.way.has_scripts:
        no_preview_takes_the_place_of_a_save(editor)
    editor.click("Save the draft")
    return number


def no_preview_takes_the_place_of_a_save(editor: Editor) -> None:
    """
    A form has one submission at a time: the preview that follows typing would cancel the save.
    """
    page = editor.page.context.new_page()
    page.clock.install()
    page.goto(editor.page.url)
    page.evaluate(
        """() => {
            window.sent = [];
            const form = document.querySelector("#compose");
            form.addEventListener("submit", (event) => {
                event.preventDefault();
                sent.push(event.submitter.formTarget || "save");
            });
        }"""
    )
    page.fill("#intro", "Typed just before.")
    page.evaluate("document.querySelector('button[form=compose][value=save]').click()")
    page.clock.fast_forward(10_000)
    assert page.evaluate("sent") == ["save"]
    page.close()


def order_briefs(editor: Editor) -> None:
    """
    Move a brief down and up again: the button that was pressed last can be pressed again.
    """
    first = editor.page.get_by_label(re.compile("^Move down: ")).first
    title = str(first.get_attribute("aria-label")).removeprefix("Move down: ")
    for way, back in (("down", "up"), ("up", "down")):
        editor.go(editor.page.get_by_label(f"Move {way}: {title}", exact=True))
        assert editor.page.evaluate("document.activeElement.ariaLabel") == f"Move {back}: {title}"


def preview(editor: Editor, number: int) -> None:
    for width in ("desk", "phone"):
        for scheme in ("light", "dark"):
            if not editor.way.has_mouse:
                editor.choose("[name=width]", width)
                editor.page.wait_for_selector(f"iframe.{width}")
                editor.choose("[name=scheme]", scheme)
                editor.page.wait_for_selector(f"iframe.{width}[src*='scheme={scheme}']")
            else:
                editor.open(f"/admin/issues/{number}?width={width}&scheme={scheme}")
            frame = editor.page.frame_locator("iframe[name=mail]")
            frame.get_by_role("heading", name=TITLES["ferries"]).wait_for()


def send_test(editor: Editor, number: int) -> None:
    if editor.way.has_mouse:
        editor.open(f"/admin/issues/{number}/test")
    else:
        editor.open(f"/admin/issues/{number}")
        editor.click("Other addresses…")
    editor.click("Send the test")
    editor.installation.submit_all()
    assert EVE in editor.installation.mailed()


def send(editor: Editor, number: int) -> None:
    editor.open(f"/admin/issues/{number}/approve")
    editor.click(r"Approve for [\d,]+ readers")
    editor.open(f"/admin/issues/{number}/approve")
    editor.tick("[name=when][value=now]")
    editor.click(r"Send to [\d,]+ readers…")
    editor.tick("[name=sure]")
    editor.click(r"Send to [\d,]+ readers(?: now)?")


def pause_and_resume(editor: Editor, number: int) -> None:
    installation = editor.installation
    run_until_done(
        installation.app,
        is_stopping=lambda: accepted(installation, number) > 0,
        is_done=lambda: not installation.open_issues(),
    )
    assert 0 < accepted(installation, number) < READERS
    editor.open(f"/admin/issues/{number}")
    editor.page.wait_for_selector("text=Sending")
    editor.write("[name=reason]", "a wrong picture")
    editor.click("Pause")
    assert "a wrong picture" in editor.page.inner_text("main")
    editor.click(r"Resume for [\d,]+ readers")
    installation.submit_all()
    if not editor.way.has_scripts:
        editor.page.reload()
    # With scripts, the page learns by itself that the issue has gone out.
    editor.page.wait_for_selector("header .chip:text-is('Sent')")
    editor.look()
    counts = [
        int(each.replace(",", "")) for each in editor.page.locator(".count").all_inner_texts()
    ]
    assert counts[-1] == sum(counts[:-1]) == READERS + 1


def accepted(installation: Installation, number: int) -> int:
    return int(installation.counts(number).get("accepted", 0))


def correct(editor: Editor, number: int) -> None:
    editor.open("/admin/briefs")
    editor.click(TITLES["toll"])
    editor.write("[name=title]", "The toll rises by a tenth")
    editor.click("Save the brief")
    editor.open(f"/admin/issues/{number}/correct")
    editor.click(r"Make a draft for [\d,]+ readers")
    assert "/admin/issues/" in editor.page.url
    assert "The toll rises by a tenth" in editor.page.inner_text("main")
