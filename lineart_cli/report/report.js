
"use strict";
const dialog = document.querySelector("dialog");
const [title, stage, frame, slider] = ["h2", ".stage", ".frame", "input"].map((each) => dialog.querySelector(each));
const [previous, next, actual, close] = [".previous", ".next", ".actual", ".close"].map((each) => dialog.querySelector(each));
const pairs = [...document.querySelectorAll("button.pair")];
let shown = 0;

function split(percent) {
  slider.value = percent;
  slider.setAttribute("aria-valuetext", `${slider.value} % sketch, ${100 - slider.value} % ink`);
  frame.style.setProperty("--split", `${slider.value}%`);
}

function fit() {
  const picture = frame.querySelector("img");
  if (!picture) return;
  const [width, height] = ["width", "height"].map((each) => Number(picture.getAttribute(each)));
  const full = actual.getAttribute("aria-pressed") === "true";
  const scale = full ? 1 : Math.min(1, stage.clientWidth / width, stage.clientHeight / height);
  frame.classList.toggle("actual", full);
  frame.style.width = `${width * scale}px`;
  frame.style.height = `${height * scale}px`;
}

function show(number) {
  shown = (number + pairs.length) % pairs.length;
  const article = pairs[shown].closest("article");
  title.textContent = article.querySelector("h2").textContent;
  frame.replaceChildren(article.querySelector("template").content.cloneNode(true));
  if (!dialog.open) dialog.showModal();
  split(50);
  fit();
  stage.scrollTo(0, 0);
}

function drag(event) {
  const { left, width } = frame.getBoundingClientRect();
  split(Math.round((100 * (event.clientX - left)) / width));
}

pairs.forEach((pair, number) => pair.addEventListener("click", () => { show(number); slider.focus(); }));
slider.addEventListener("input", () => split(slider.value));
previous.addEventListener("click", () => show(shown - 1));
next.addEventListener("click", () => show(shown + 1));
close.addEventListener("click", () => dialog.close());
actual.addEventListener("click", () => {
  actual.setAttribute("aria-pressed", String(actual.getAttribute("aria-pressed") !== "true"));
  fit();
});
frame.addEventListener("pointerdown", (event) => { frame.setPointerCapture(event.pointerId); drag(event); });
frame.addEventListener("pointermove", (event) => { if (frame.hasPointerCapture(event.pointerId)) drag(event); });
dialog.addEventListener("close", () => { frame.replaceChildren(); pairs[shown].focus(); });
window.addEventListener("resize", fit);
