"""What a page may not look like: pale text, targets too small for a thumb, two elements of one id."""

PALE = """() => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1}), known = new Map();
  const spot = canvas.getContext('2d', {willReadFrequently: true});
  const read = colour => {
    spot.clearRect(0, 0, 1, 1); spot.fillStyle = colour; spot.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = spot.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const rgba = colour => known.get(colour) || (known.set(colour, read(colour)), known.get(colour));
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
  const ground = e => {
    const layers = [];
    for (let x = e; x; x = x.parentElement) layers.unshift(rgba(getComputedStyle(x).backgroundColor));
    return layers.reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]) + 0.05;
  const found = new Set(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement, words = texts.currentNode.textContent.trim();
    if (!words || !e.checkVisibility() || e.closest('.visually-hidden, .skip-link, option, :disabled')) continue;
    const below = ground(e), style = getComputedStyle(e), text = over(rgba(style.color), below);
    const [dark, bright] = [light(below), light(text)].sort((a, b) => a - b);
    const enough = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
    if (bright / dark < enough) found.add(`${(bright / dark).toFixed(2)} ${e.className} ${words.slice(0, 40)}`);
  }
  return [...found];
}"""

SMALL = """() => [...document.querySelectorAll('main .btn, main .form-control, main .form-select, main summary, '
  + 'main label.form-check, main .psm-chip, main .psm-tabs a, main .psm-step, .psm-bottom a')]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 39.5)
  .map(e => `${Math.round(e.getBoundingClientRect().height)} px: ${e.outerHTML.slice(0, 100)}`)"""

TWICE = """() => {
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  return ids.filter((id, i) => ids.indexOf(id) !== i);
}"""
