"use strict";

const said = document.querySelector("[role=status]");

async function enter(token) {
  const answer = await fetch("/api/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });
  if (answer.ok) {
    location.replace("/");
    return;
  }
  const refused = await answer.json();
  said.textContent = refused.error.message;
}

async function begin() {
  const token = location.hash.slice(1);
  history.replaceState(null, "", "/");
  // The cookie is not sent along when a file or another page leads here, but it is with this.
  const known = await fetch("/api/about");
  if (known.ok) location.replace("/");
  else if (token !== "") await enter(token);
}

document.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  enter(document.querySelector("#token").value.trim());
});

begin();
