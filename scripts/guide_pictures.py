"""Take all pictures of the user guide anew, in both languages, from two running demo companies.

    OPENPSM_LANGUAGE=zh-hans OPENPSM_DATA_DIR=… openpsm demo --fresh --port 8101
    OPENPSM_LANGUAGE=en      OPENPSM_DATA_DIR=… openpsm demo --fresh --port 8102
    .venv/bin/python scripts/guide_pictures.py zh=http://127.0.0.1:8101 en=http://127.0.0.1:8102 [NAME …]

With names only those pictures. What a picture needs done before it (a refused gate, a deleted comment, a file with
faults) is done in the demo company, as its people would do it. tests/web/test_guide.py holds the sizes.
"""

import base64
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "guide" / "pictures"
PASSWORD = "openpsm-demo"  # noqa: S105 - the demo's, meant to be known
MOST_BYTES = 60_000
#: Lossless first; what is too large loses as little as possible.
QUALITIES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
ENCODE = """async ([source, quality]) => {
  const picture = await createImageBitmap(await (await fetch(source)).blob());
  const canvas = Object.assign(document.createElement("canvas"), {width: picture.width, height: picture.height});
  canvas.getContext("2d", {alpha: false}).drawImage(picture, 0, 0);
  return canvas.toDataURL("image/webp", quality);
}"""
FRAME = """elements => elements.forEach(one => {
  one.style.outline = "3px solid #d6336c"; one.style.outlineOffset = "3px"; one.style.borderRadius = "4px";
})"""
Step = Callable[[Page, str], object]


@dataclass(frozen=True)
class Picture:
    """One picture: whose page at which address, what is done there, which part of it, and what is framed in red.

    A part is everything from the first to the last element that matches; `height` cuts it off below.
    """

    name: str
    user: str
    address: str
    steps: tuple[Step, ...] = ()
    part: str = "#content"
    frame: str = ""
    width: int = 1120
    height: int = 760


def fill(field: str, zh: str, en: str) -> Step:
    """Type into a field as a person does."""
    return lambda page, language: page.locator(field).press_sequentially(zh if language == "zh" else en)


def click(what: str) -> Step:
    """Press the first of what matches."""
    return lambda page, _language: page.locator(what).first.click()


def see(what: str, seconds: int = 5) -> Step:
    """Wait until it is there; a picture of something else is worse than none."""
    return lambda page, _language: page.locator(what).first.wait_for(timeout=seconds * 1000)


def open_page(address: str) -> Step:
    """Go to another page."""
    return lambda page, _language: page.goto(address)


def tick(*rows: int) -> Step:
    """Tick rows of a list, counted from 1."""

    def step(page: Page, _language: str) -> None:
        for number in rows:
            page.locator(".psm-list tbody input[type=checkbox]").nth(number - 1).check()

    return step


def delete_a_comment(page: Page, language: str) -> None:
    """Say something at a project and take it back, so that the recycle bin holds something of one's own."""
    text = "样品周三到现场" if language == "zh" else "The samples arrive on Wednesday"
    page.locator("textarea[name=text]").fill(text)
    page.locator("form:has(textarea[name=text]) button.btn-primary").first.click()
    page.locator("form[action$='/delete'] button").first.click()
    page.wait_for_load_state()


def bring_faulty_projects(page: Page, language: str) -> None:
    """Bring a file of projects with a stage that does not exist, an amount that is none and an unknown customer."""
    table = FAULTY_ZH if language == "zh" else FAULTY_EN
    page.locator("select[name=kind]").select_option("projects")
    name = "在谈项目.csv" if language == "zh" else "pipeline.csv"
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": table.encode("utf-8-sig")}
    )
    page.locator("form[enctype] button.btn-primary").click()
    page.wait_for_load_state()


FAULTY_ZH = """项目名称,客户名称,负责人,阶段,金额（万元）,产品线
昱衡岭特钢液压站换油,江苏昱衡岭特钢有限公司,陈思远,提案,96,液压油
锐镗川机床主轴油年度供货,浙江锐镗川机床有限公司,陈思远,考察,48,主轴油
恒啮川齿轮箱试车用油,南京恒啮川齿轮箱有限公司,赵晓彤,开发,一百多,齿轮油
润衡纺织导热油更换,浙江润衡纺织有限公司,赵晓彤,开发,35,导热油
"""
FAULTY_EN = """Project,Account,Owner,Stage,Amount,Product line
Hydraulic station refill,Jiangsu Yuhengling Special Steel Co.,Chen Siyuan,Propose,960000,Hydraulic oil
"Spindle oil, one year",Zhejiang Ruitangchuan Machine Tools Co.,Chen Siyuan,Survey,480000,Spindle oil
Oil for the test runs,Nanjing Hengniechuan Gearbox Co.,Zhao Xiaotong,Develop,a lot,Gear oil
Heat transfer oil,Zhejiang Runheng Textile Co.,Zhao Xiaotong,Develop,350000,Heat transfer oil
"""
SOUGHT = (fill("#palette-text", "yhl", "yuheng"), see("#palette-found a[href*='/accounts/']"))
PREVIEWED = (click("form[action$='/advance'] button"), see("#bulk-lines"))
CHECKED = (click("form.card .card-footer .btn-primary"), see(".psm-import-reasons", seconds=20))
KNOWN = fill("[name=name]", "江苏昱衡岭特钢有限公司", "Jiangsu Yuhengling Special Steel Co.")
ADD = ".psm-chips a.is-offered[hx-get]"
LISTED = "/projects?outcome=open&grade=A&grade=B"
PICTURES = (
    Picture("today", "zhaoxt", "/today"),
    Picture("registering", "sunhr", "/registrations/new", (KNOWN, see("#hits .btn")), frame="#hits", height=440),
    Picture("project", "chensy", "/projects/15", height=640),
    Picture("phone", "chensy", "/projects/15", frame=".psm-actions a[href*='/activities/log']", width=390, part="body"),
    Picture("palette", "chensy", "/today", (click("#global-search"), *SOUGHT), part="#palette"),
    Picture("list", "zhouqm", LISTED, (click(ADD), see("#list-asking *")), frame=".psm-list-tools"),
    Picture("bulk", "zhouqm", LISTED, (tick(1, 2, 3, 4), click("#list-bulk button"), *PREVIEWED)),
    Picture("board", "zhouqm", "/projects/board?grade=A,B", width=1240, height=560),
    Picture("calendar", "zhouqm", "/projects/calendar", height=840),
    Picture("team", "zhouqm", "/team", height=700),
    Picture("mapping", "zhouqm", "/settings/imports/new", (bring_faulty_projects,)),
    Picture("faults", "zhouqm", "/settings/imports/new", (bring_faulty_projects, *CHECKED)),
    Picture("bin", "chensy", "/projects/15/comments", (delete_a_comment, open_page("/bin")), height=300),
    Picture("gate", "chensy", "/projects/21", (click("form[action$='/advance'] button"), see(".alert")), height=640),
)


def main(arguments: list[str]) -> int:
    """Take the pictures named, or all."""
    addresses = dict(one.split("=", 1) for one in arguments if "=" in one)
    names = {one for one in arguments if "=" not in one}
    if not addresses or set(addresses) - {"zh", "en"} or names - {one.name for one in PICTURES}:
        print(__doc__)
        return 2
    found = subprocess.run([ROOT / "scripts" / "find-chromium"], capture_output=True, text=True, check=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=list(QUIET))
        for language, base in addresses.items():
            for one in PICTURES:
                if not names or one.name in names:
                    store(one, language, take(browser, one, language, base), browser)
        browser.close()
    return 0


def take(browser: Browser, picture: Picture, language: str, base: str) -> bytes:
    """Sign in, do what comes before, and return the part as PNG."""
    size = {"width": picture.width, "height": 780}
    context = browser.new_context(viewport=size, base_url=base, reduced_motion="reduce", locale=language)  # type: ignore[arg-type]  # a plain dict
    page = context.new_page()
    page.goto("/login")
    page.fill("[name=username]", picture.user)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/today")
    page.goto(picture.address)
    for step in picture.steps:
        step(page, language)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.documentElement.dataset.bsTheme = 'light'")  # some of the demo's people like it dark
    if picture.frame:
        page.eval_on_selector_all(picture.frame, FRAME)
    taken = page.screenshot(full_page=True, clip=part_of(page, picture), caret="hide")
    context.close()
    return taken


def part_of(page: Page, picture: Picture) -> FloatRect:
    """Return the rectangle of the part, cut off below."""
    box = page.locator(picture.part).first.bounding_box()
    if box is None:
        raise SystemExit(f"{picture.name}: nothing matches {picture.part}")
    return {"x": box["x"], "y": box["y"], "width": box["width"], "height": min(box["height"], picture.height)}


def store(picture: Picture, language: str, png: bytes, browser: Browser) -> None:
    """Write it as WebP with as little loss as the bound allows."""
    page = browser.new_page()
    source = "data:image/png;base64," + base64.b64encode(png).decode()
    for quality in QUALITIES:
        content = base64.b64decode(page.evaluate(ENCODE, [source, quality]).partition(",")[2])
        if len(content) <= MOST_BYTES:
            break
    else:
        raise SystemExit(f"{picture.name}: over {MOST_BYTES} bytes even with the greatest loss")
    page.close()
    path = FOLDER / language / f"{picture.name}.webp"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    print(f"{path.relative_to(ROOT)} {len(content):,} bytes, quality {quality}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
