"use strict";
// Everything shown comes from one subscription. Text from the chain becomes text nodes only, never markup.

const number = (hex) => Number(BigInt(hex));
const short = (hex) => hex.slice(0, 10) + "…";
const known = { overview: null, now: 0 };

function make(tag, content, name = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  for (const part of Array.isArray(content) ? content : [content])
    element.append(part instanceof Node ? part : String(part));
  return element;
}

function hash(hex) {
  const element = make("code", short(hex));
  element.title = hex;
  return element;
}

function ether(hex) {
  const wei = BigInt(hex), whole = wei / 10n ** 18n;
  const rest = (wei % 10n ** 18n).toString().padStart(18, "0").slice(0, 4);
  const element = make("span", `${whole}.${rest}`);
  element.title = `${wei} wei`;
  return element;
}

function duration(seconds) {
  if (seconds <= 0) return "now";
  const days = Math.floor(seconds / 86400), hours = Math.floor((seconds % 86400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days) return `${days} d ${hours} h`;
  return hours ? `${hours} h ${minutes} min` : minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

function show(id, ...content) {
  const place = document.getElementById(id), top = place.scrollTop, left = place.scrollLeft;
  place.replaceChildren(...content);
  place.scrollTop = top;
  place.scrollLeft = left;
}

function table(id, titles, rows) {
  if (!rows.length) return show(id, make("p", "none yet", "none"));
  const cell = (tag) => (content, at) => make(tag, content, titles[at].startsWith("#") ? "number" : "");
  const head = make("tr", titles.map((title) => title.replace("#", "")).map((title, at) => cell("th")(title, at)));
  show(id, make("table", [make("thead", head), make("tbody", rows.map((row) => make("tr", row.map(cell("td")))))]));
}

const TONE = {
  confirmed: "good", rejected: "bad", pending: "wait", safe: "good", executed: "wait", queued: "wait", sent: "wait",
  executable: "good", undecided: "wait", upheld: "good", void: "wait",
};
const tone = (word) => make("span", word, TONE[word] || "");

function heads({ heads: found, unposted }) {
  const named = [["L1", found.headL1], ["L2 unsafe", found.unsafeL2], ["L2 safe", found.safeL2], ["L2 finalized", found.finalizedL2]];
  const cards = named.map(([name, head]) =>
    make("div", [make("span", name), make("b", number(head.number)), hash(head.hash)], "head"));
  const waiting = [make("span", "to be posted"), make("b", number(unposted.batches)), make("span", `${number(unposted.bytes)} bytes`)];
  show("heads", ...cards, make("div", waiting, "head"));
}

function assertionClock(each) {
  if (each.status !== "pending") return tone(each.status);
  if (each.disputed) return make("span", "in dispute", "bad");
  if (each.confirmableAt === null) return make("span", "waits for others", "wait");
  const end = number(each.confirmableAt), start = number(each.createdAt), bar = make("progress", "");
  bar.max = Math.max(1, end - start);
  bar.value = Math.min(known.now - start, bar.max);
  bar.setAttribute("aria-label", "part of the challenge period that has passed");
  return make("span", [bar, ` ${duration(end - known.now)}`]);
}

function right(each) {
  if (each.isRight === null) return "";
  return each.isRight ? make("span", "right", "good") : make("span", "wrong", "bad");
}

function claim(each) {
  const words = [make("b", each.parent === null ? "root" : each.side), ` at depth ${each.depth} by ${each.claimant} `, hash(each.value), " "];
  if (each.stepper) words.push(make("span", `proven wrong by ${each.stepper} `, "bad"));
  else if (each.counter) words.push(make("span", `countered by ${each.counter} `, "bad"));
  else if (each.resolved) words.push(make("span", "stands ", "good"));
  else if (number(each.deadline) <= known.now) words.push(make("span", "its clock has run out", "wait"));
  else if (each.running) words.push(make("span", `clock: ${duration(number(each.deadline) - known.now)}`, "wait"));
  return make("li", words);
}

// A claim with its answers. A row of single answers stays in one column: only a fork of the tree is indented.
function claims(first, children) {
  const items = [];
  for (let each = first; each; ) {
    const below = children.get(each.number) || [], item = claim(each);
    if (below.length > 1) item.append(make("ul", below.flatMap((child) => claims(child, children))));
    items.push(item);
    each = below.length === 1 ? below[0] : null;
  }
  return items;
}

function game(each) {
  const children = new Map();
  for (const one of each.claims)
    if (one.parent !== null) children.set(one.parent, [...(children.get(one.parent) || []), one]);
  const title = make("h3", [hash(each.address), " about ", hash(each.assertion), " ", tone(each.outcome)]);
  const roots = each.claims.filter((one) => one.parent === null);
  return make("article", [title, make("ul", roots.flatMap((root) => claims(root, children)), "tree")]);
}

function draw() {
  const found = known.overview;
  if (!found) return;
  heads(found);
  table("assertions", ["assertion", "by", "#batches", "root", "clock"],
    found.assertions.map((each) => [hash(each.id), each.proposerName, number(each.end), right(each), assertionClock(each)]));
  if (found.games.length) show("games", ...found.games.map(game));
  else show("games", make("p", "none yet", "none"));
  table("batches", ["#batch", "#blocks", "#transactions", "#bytes", "#in L1 block", ""],
    found.batches.map((each) => [number(each.index), number(each.lastBlock) - number(each.firstBlock) + 1,
      number(each.transactions), number(each.bytes), number(each.l1Block), each.forced ? make("span", "forced", "bad") : ""]));
  table("deposits", ["#message", "sender", "#ether", "state"],
    found.deposits.map((each) => [number(each.index), hash(each.sender), ether(each.minted), tone(each.status)]));
  table("withdrawals", ["withdrawal", "to", "#ether", "state"],
    found.withdrawals.map((each) => [hash(each.hash), hash(each.target), ether(each.value),
      make("span", [tone(each.status), each.isProven ? ", proven" : ""])]));
  table("accounts", ["account", "address", "#L1", "#L2"],
    found.accounts.map((each) => [each.name, hash(each.address), ether(each.l1), ether(each.l2)]));
  tick();
}

function tick() {
  document.getElementById("time").textContent = known.now ? new Date(known.now * 1000).toISOString().replace("T", " ").slice(0, 19) : "–";
}

function hear(news) {
  known.now = number(news.now);
  if (news.heads) known.overview = news;
  draw();
}

function state(word, name) {
  const place = document.getElementById("state");
  place.textContent = word;
  place.className = name;
}

function connect() {
  const socket = new WebSocket(location.origin.replace("http", "ws"));
  socket.onopen = () => socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_subscribe", params: ["rollup"] }));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.method === "eth_subscription") hear(message.params.result);
    else state(message.error ? message.error.message : "live", message.error ? "lost" : "live");
  };
  socket.onclose = () => {
    state("not connected", "lost");
    setTimeout(connect, 1000);
  };
}

connect();
