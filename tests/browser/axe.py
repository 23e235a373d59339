"""axe-core in the page: what would shut somebody out who listens, sees badly or has no mouse."""

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).parent / "vendor" / "axe.min.js"
SERIOUS = """async () => {
  const found = await axe.run(document, {resultTypes: ['violations'], preload: false});
  const why = node => [...node.any, ...node.all, ...node.none][0].message;
  return found.violations.filter(v => ['serious', 'critical'].includes(v.impact)).flatMap(v => v.nodes.map(n =>
    `${v.impact} ${v.id} ${n.target.join(' ')}: ${n.html.slice(0, 160)} ${why(n)}`));
}"""


@cache
def source() -> str:
    return SOURCE.read_text(encoding="utf-8")


def serious(page: Page) -> list[str]:
    """Return the serious and critical violations of the page as it stands, contrast of colours included."""
    page.evaluate(source())
    found: list[str] = page.evaluate(SERIOUS)
    return found
