"""
Forms on sites of one's own, in a real browser: the example page, the form with the script, which
does the proof of work, and that of the plug-in for WordPress, whose PHP is checked.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_server import Answer, ScriptedServer
from installation import Installation
from playwright.sync_api import Browser, Page
from served_pages import served_pages
from signup_pages import ADA, states_of

from newsletter.store.issues.list_settings import ListSettings, set_list_settings
from newsletter.web.signup.embed import find_snippet
from subscribers.lists import find_list
from subscribers.model import Visibility

EXAMPLES = Path(__file__).parents[2] / "examples"
PLUGIN = EXAMPLES / "wordpress" / "newsletter-sign-up.php"
# What WordPress has and the plug-in uses.
WORDPRESS = """
define('ABSPATH', '/');
function shortcode_atts($usual, $given) { return array_merge($usual, $given); }
function esc_url($url, $protocols = null) { return htmlspecialchars($url, ENT_QUOTES); }
function esc_html($text) { return htmlspecialchars($text, ENT_QUOTES); }
function wp_enqueue_script($name, $url) { echo "<script defer src='$url'></script>"; }
function add_shortcode($name, $function) { $GLOBALS['shortcodes'][$name] = $function; }
"""

pytestmark = [pytest.mark.ci, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
def club() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def address(installation: Installation, club: ScriptedServer) -> Iterator[str]:
    """
    Where the pages of *installation* are served, with a list that names the club and asks for a
    proof of work.
    """
    installation.add_list("daily", visibility=Visibility.PUBLIC)
    with installation.app.database.write() as connection:
        own = ListSettings(origins=club.url(""), needs_proof_of_work=True)
        set_list_settings(connection, find_list(connection, "daily").id, own)
    with served_pages(installation) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        yield context.new_page()


def show(club: ScriptedServer, page: Page, html: str) -> None:
    body = f"<!DOCTYPE html><title>Club</title><h1>Moorings</h1>{html}".encode()
    club.answer("/moorings", Answer(headers={"Content-Type": "text/html"}, body=body))
    page.goto(club.url("/moorings"))


def test_the_example_page_signs_up_and_asks_about_a_slip(
    installation: Installation, club: ScriptedServer, page: Page, address: str
) -> None:
    html = (EXAMPLES / "sign-up" / "index.html").read_text("utf-8")
    show(club, page, html.replace("https://news.example.org", address))
    page.get_by_label("Your email address").fill("ada@gmial.com")
    page.get_by_role("button", name="Sign me up").click()
    page.get_by_text("Did you mean ada@gmail.com?").wait_for()
    page.get_by_role("button", name="Sign me up").click()
    page.get_by_text("an email is on its way").wait_for()

    assert states_of(installation, "ada@gmial.com") == {"daily": "pending"}


def test_the_form_with_the_script_signs_up_by_one_press_with_its_proof_of_work(
    installation: Installation, club: ScriptedServer, page: Page, address: str
) -> None:
    snippet = find_snippet(installation.app, "daily", with_script=True)
    show(club, page, snippet.replace(installation.app.site.base_url, address))
    page.get_by_label("Your email address").fill("ada@gmial.com")
    page.get_by_role("button", name="Sign me up").press("Enter")
    page.get_by_role("button", name="Use ada@gmail.com").click()
    page.get_by_text("Now check your inbox").wait_for()

    assert page.url.startswith(club.url())
    assert page.get_by_role("heading", name="Moorings").is_visible()
    assert states_of(installation, "ada@gmail.com") == {"daily": "pending"}
    with installation.app.database.read() as connection:
        spent = connection.exec_driver_sql("SELECT count(*) FROM used_proof").scalar()
    assert spent == 1


def test_on_a_site_that_the_list_does_not_name_the_form_leads_to_one_more_button(
    installation: Installation, club: ScriptedServer, page: Page, address: str
) -> None:
    with installation.app.database.write() as connection:
        set_list_settings(connection, find_list(connection, "daily").id, ListSettings())
    snippet = find_snippet(installation.app, "daily", with_script=True)
    show(club, page, snippet.replace(installation.app.site.base_url, address))
    page.get_by_label("Your email address").fill(ADA)
    page.get_by_role("button", name="Sign me up").click()
    page.get_by_role("heading", name="One more click").wait_for()


def test_the_plugin_for_wordpress_is_valid_php_and_its_form_signs_up(
    installation: Installation, club: ScriptedServer, page: Page, address: str, tmp_path: Path
) -> None:
    subprocess.run(["php", "-l", PLUGIN], check=True, capture_output=True)
    code = f"""{WORDPRESS}
require '{PLUGIN}';
$show = $GLOBALS['shortcodes']['newsletter_sign_up'];
echo $show(array('url' => '{address}/join/daily'), 'Yes, "please" <send>.');
echo $show(array('url' => 'javascript:alert(1)'));
"""
    run = subprocess.run(["php", "-r", code], check=True, capture_output=True, text=True)
    assert run.stderr == ""
    assert len(re.findall("<form", run.stdout)) == 1
    assert "&lt;send&gt;" in run.stdout

    show(club, page, run.stdout)
    page.get_by_label("Your email address").fill(ADA)
    page.get_by_role("button", name="Sign me up").click()
    page.get_by_text("Now check your inbox").wait_for()
    assert states_of(installation) == {"daily": "pending"}
