"use strict";
// Plays the pictures that the page carries. Which picture belongs to which moment was decided when the page was
// written; nothing here knows of clocks, so what is shown is what frames.csv says.
(() => {
  const KEPT = 120; // Decoded pictures per camera: a phone can't hold all of them.
  const AHEAD = 10; // Moments to decode before they are due.

  const player = document.getElementById("player");
  const scrubber = document.getElementById("scrubber");
  const play = document.getElementById("play");
  const clock = document.getElementById("clock");
  const excerpt = JSON.parse(document.getElementById("excerpt").textContent);
  const seconds = excerpt.seconds;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  /** One camera: its pictures, and where on the page they are drawn. */
  class Screen {
    constructor(reel, figure) {
      this.reel = reel;
      this.figure = figure;
      this.canvas = figure.querySelector("canvas");
      this.bytes = Uint8Array.from(atob(reel.data), (letter) => letter.charCodeAt(0));
      this.ends = [];
      reel.sizes.reduce((sum, size, index) => (this.ends[index] = sum + size), 0);
      this.decoded = new Map();
    }

    /** The picture of a moment as a promise of a bitmap, or null where there is none. */
    picture(order, moment) {
      const index = this.reel[order][moment];
      if (index < 0) return null;
      let picture = this.decoded.get(index);
      if (picture === undefined) {
        const end = this.ends[index];
        const webp = new Blob([this.bytes.subarray(end - this.reel.sizes[index], end)], { type: "image/webp" });
        picture = createImageBitmap(webp);
      }
      // A Map keeps the order of insertion: what was asked for last goes last.
      this.decoded.delete(index);
      this.decoded.set(index, picture);
      if (this.decoded.size > KEPT) this.forget(this.decoded.keys().next().value);
      return picture;
    }

    forget(index) {
      this.decoded.get(index).then((bitmap) => bitmap.close());
      this.decoded.delete(index);
    }

    draw(order, moment, bitmap) {
      const index = this.reel[order][moment];
      const context = this.canvas.getContext("2d");
      context.clearRect(0, 0, this.canvas.width, this.canvas.height);
      if (bitmap) context.drawImage(bitmap, 0, 0);
      this.figure.querySelector(".gap").hidden = bitmap !== null;
      const place = bitmap ? `${this.reel.file_seconds[index].toFixed(3)} s · frame ${this.reel.frames[index]}` : "–";
      this.figure.querySelector(".place").textContent = place;
    }
  }

  const figures = player.querySelectorAll(".screens figure");
  const screens = excerpt.reels.map((reel, index) => new Screen(reel, figures[index]));

  let order = "after";
  let moment = excerpt.telling[0] ?? 0;
  let speed = 1;
  let playing = 0; // The animation frame that is asked for; 0 while paused.
  let asked = 0;
  let busy = false;

  /** Draw all cameras at once, when the pictures of all are decoded. */
  async function show() {
    const question = ++asked;
    const [which, when] = [order, moment];
    busy = true;
    const bitmaps = await Promise.all(screens.map((screen) => screen.picture(which, when)));
    if (question !== asked) return; // Something else was asked for meanwhile.
    busy = false;
    screens.forEach((screen, index) => screen.draw(which, when, bitmaps[index]));
    scrubber.value = when;
    clock.textContent = `${seconds[when].toFixed(3)} s`;
    scrubber.setAttribute("aria-valuetext", clock.textContent);
    player.dataset.shown = `${which} ${when}`;
    for (let next = when + 1; next <= Math.min(when + AHEAD, seconds.length - 1); next++) {
      screens.forEach((screen) => screen.picture(which, next));
    }
  }

  function seek(to) {
    moment = Math.min(Math.max(to, 0), seconds.length - 1);
    show();
  }

  function start() {
    play.textContent = "Pause";
    if (moment === seconds.length - 1) seek(0);
    let due = seconds[moment];
    let last = performance.now();
    playing = requestAnimationFrame(function tick(now) {
      // A hidden page gets no ticks: what it missed is not made up for.
      due += Math.min(Math.max(now - last, 0), 250) * 0.001 * speed;
      last = now;
      let next = moment;
      while (next < seconds.length - 1 && seconds[next + 1] <= due) next++;
      if (next === seconds.length - 1 && due > seconds[next] + 0.3 * speed) {
        if (calm.matches) return stop();
        next = 0;
        due = seconds[0];
      }
      // On a slow machine moments are left out; cameras never get out of step.
      if (next !== moment && !busy) seek(next);
      playing = requestAnimationFrame(tick);
    });
  }

  function stop() {
    cancelAnimationFrame(playing);
    playing = 0;
    play.textContent = "Play";
  }

  function step(by) {
    stop();
    seek(moment + by);
  }

  /** A group of buttons of which one is pressed. */
  function choice(name, choose) {
    const buttons = [...player.querySelectorAll(`button[data-${name}]`)];
    for (const button of buttons) {
      button.addEventListener("click", () => {
        for (const other of buttons) other.setAttribute("aria-pressed", other === button);
        choose(button.dataset[name]);
      });
    }
  }

  choice("speed", (value) => (speed = Number(value)));
  choice("order", (value) => {
    order = value;
    for (const text of player.querySelectorAll("[data-told]")) text.hidden = text.dataset.told !== order;
    show();
  });
  play.addEventListener("click", () => (playing ? stop() : start()));
  scrubber.addEventListener("input", () => {
    stop();
    seek(Number(scrubber.value));
  });
  player.addEventListener("click", (event) => {
    // After a click with a mouse (not the keyboard), space is for playing and not for that button again.
    if (event.detail > 0) event.target.closest("button")?.blur();
  });
  document.addEventListener("keydown", (event) => {
    const box = player.getBoundingClientRect();
    const inView = box.bottom > 0 && box.top < innerHeight;
    if (!inView || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) step(by);
    else if (event.key === " " && !event.target.closest("button, a, summary")) play.click();
    else return;
    event.preventDefault();
  });

  for (const part of document.querySelectorAll(".playing")) part.hidden = false;
  show();
})();
