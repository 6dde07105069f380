// The value of the map under the cursor: read from a picture that holds values, not colours.
(() => {
  // Of the last map: Gradio may keep the element and change its attributes.
  let decoded = { source: null, values: null };

  async function valuesOf(source) {
    const picture = new Image();
    picture.src = source;
    await picture.decode();
    const canvas = document.createElement("canvas");
    canvas.width = picture.naturalWidth;
    canvas.height = picture.naturalHeight;
    const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
    context.drawImage(picture, 0, 0);
    return context;
  }

  async function show(event) {
    const colours = event.target.closest?.(".dmenet-colours");
    if (!colours) return;
    const figure = colours.closest(".dmenet-map");
    const box = colours.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width;
    const down = (event.clientY - box.top) / box.height;
    const source = figure.dataset.values;
    if (decoded.source !== source) decoded = { source, values: valuesOf(source) };
    const context = await decoded.values;
    const { width, height } = context.canvas;
    const x = Math.min(width - 1, Math.max(0, Math.floor(across * width)));
    const y = Math.min(height - 1, Math.max(0, Math.floor(down * height)));
    const [high, low] = context.getImageData(x, y, 1, 1).data;
    const sigma = (high * 256 + low) / Number(figure.dataset.perPx);
    const reduction = Number(figure.dataset.reduction);
    const full = (sigma * reduction).toFixed(2);
    figure.querySelector("output").textContent =
      reduction > 1 ? `${sigma.toFixed(2)} px here, ${full} px at full size` : `${sigma.toFixed(2)} px`;
  }

  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
})();
