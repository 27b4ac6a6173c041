// The button that changes between the light and the dark theme, and remembers the choice.
// The pages work without it: the button stays hidden, and the system decides.
"use strict";

const root = document.documentElement;
const button = document.querySelector("#theme");
const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : systemIsDark.matches;
}

function nameButton() {
  button.textContent = isDark() ? "Light theme" : "Dark theme";
}

// A browser may forbid storage; then the choice lasts as long as the page.
function remembered() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
}

function remember(theme) {
  try {
    localStorage.setItem("theme", theme);
  } catch {}
}

const choice = remembered();
if (choice === "light" || choice === "dark") root.dataset.theme = choice;

button.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  remember(root.dataset.theme);
  nameButton();
});

systemIsDark.addEventListener("change", nameButton);
nameButton();
button.hidden = false;
