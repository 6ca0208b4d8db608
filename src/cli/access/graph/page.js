
"use strict";
// Draws the matrix from the data in the page. Names come from a file that anybody may have written: they only ever become
// text. What is shown is in the address behind the #, so that a view can be shared:
//   q, path, priv, kind, some   the filters
//   cell=SUBJECT,PATH           the cell whose details are open
// The state of the page is on the html element: data-state, data-error, data-rows, data-columns.
(() => {
  const page = document.documentElement;
  const element = (id) => document.getElementById(id);
  const problem = (text) => {
    page.dataset.state = "failed";
    page.dataset.error = text;
    element("problem").textContent = "This page doesn't work as it should: " + text;
    element("problem").hidden = false;
  };
  window.addEventListener("error", (event) => problem(String(event.message)));

  // Cells at a time: more would make the page slow, and nobody looks at them.
  const ROWS = 100;
  const COLUMNS = 40;
  // Paths and entries that are listed before they are counted.
  const LISTED = 200;
  const TITLES = 20;

  const LEVELS = {
    all: ["■", "every privilege"],
    dangerous: ["▲", "can lead to rights nobody gave"],
    changes: ["●", "changes or uses things"],
    audit: ["○", "looks only"],
    none: ["·", "nothing"],
  };

  const data = JSON.parse(element("data").textContent);
  const { subjects, paths, classes, sets, cells, rows, whys, entries, names, roles, pools, privileges, groups } = data;

  // Control characters, and those that reorder or hide text, become visible.
  const shown = (text) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => "\\u{" + c.codePointAt(0).toString(16) + "}");
  const make = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const count = (number, one, many) => number + " " + (number === 1 ? one : many);

  // Rows come as runs: cell, how often, cell, how often.
  const expanded = new Map();
  const row = (number) => {
    let made = expanded.get(number);
    if (!made) {
      made = new Uint32Array(data.class_count);
      let at = 0;
      const runs = rows[number];
      for (let run = 0; run < runs.length; run += 2) {
        made.fill(runs[run], at, at + runs[run + 1]);
        at += runs[run + 1];
      }
      expanded.set(number, made);
    }
    return made;
  };
  const setOf = (cell) => sets[cells[cell][0]];
  const kindOf = (subject) => (subject.ghost ? "ghost" : subject.kind);
  const subjectAt = new Map(subjects.map((subject, at) => [subject.id, at]));
  const pathAt = new Map(paths.map((path, at) => [path, at]));
  const needles = subjects.map((subject) => [subject.id, ...subject.groups.map((group) => "@" + groups[group])].join(" ").toLowerCase());
  const unchecked = new Set(data.unchecked);
  // As a person counts: /vms/101 before /vms/1000.
  const collator = new Intl.Collator("en", { numeric: true });
  const byName = paths.map((_, at) => at).sort((a, b) => collator.compare(paths[a], paths[b]) || a - b);
  const lowerPaths = paths.map((path) => path.toLowerCase());

  // ---- The view, and the address.

  const KINDS = ["user", "token", "ghost"];
  const view = { q: "", path: "", priv: "", kind: new Set(KINDS), some: false, cell: null };
  let rowLimit = ROWS;
  let columnLimit = COLUMNS;

  const readAddress = () => {
    const parts = new Map();
    for (const part of location.hash.slice(1).split("&")) {
      const at = part.indexOf("=");
      if (at > 0) parts.set(part.slice(0, at), part.slice(at + 1));
    }
    const decode = (text) => {
      try { return decodeURIComponent(text); } catch { return text; }
    };
    const get = (key) => decode(parts.get(key) ?? "");
    view.q = get("q");
    view.path = get("path");
    view.priv = privileges.includes(get("priv")) ? get("priv") : "";
    view.kind = new Set(parts.has("kind") ? get("kind").split(",").filter((kind) => KINDS.includes(kind)) : KINDS);
    view.some = get("some") === "1";
    view.cell = null;
    if (parts.has("cell")) {
      const cell = parts.get("cell");
      const comma = cell.indexOf(",");
      const subject = subjectAt.get(decode(cell.slice(0, comma)));
      const path = pathAt.get(decode(cell.slice(comma + 1)));
      if (subject !== undefined && path !== undefined) view.cell = { subject, path };
    }
  };
  const writeAddress = () => {
    const parts = [];
    const put = (key, value) => { if (value) parts.push(key + "=" + value); };
    put("q", encodeURIComponent(view.q));
    put("path", encodeURIComponent(view.path));
    put("priv", encodeURIComponent(view.priv));
    if (view.kind.size < KINDS.length) parts.push("kind=" + [...view.kind].join(","));
    put("some", view.some ? "1" : "");
    if (view.cell) {
      const ends = [subjects[view.cell.subject].id, paths[view.cell.path]];
      put("cell", ends.map(encodeURIComponent).join(","));
    }
    const address = "#" + parts.join("&");
    if (address !== (location.hash || "#")) history.replaceState(null, "", address);
  };
  const putControls = () => {
    element("q").value = view.q;
    element("path").value = view.path;
    element("priv").value = view.priv;
    element("some").checked = view.some;
    for (const box of document.getElementsByName("kind")) box.checked = view.kind.has(box.value);
  };

  // ---- What is in view.

  const terms = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
  const holds = (text, wanted) => wanted.every((term) => text.includes(term));

  /** Columns: paths of one class below the same top. */
  const columnsInView = () => {
    const wanted = terms(view.path);
    const found = new Map();
    for (const at of byName) {
      const path = paths[at];
      if (!holds(lowerPaths[at], wanted)) continue;
      const key = classes[at] + " " + path.split("/", 2)[1] + (unchecked.has(at) ? " unchecked" : "");
      const column = found.get(key);
      if (column) column.paths.push(at);
      else found.set(key, { class: classes[at], paths: [at] });
    }
    return [...found.values()];
  };

  const compute = () => {
    let columns = columnsInView();
    const wanted = terms(view.q);
    let list = [];
    subjects.forEach((subject, at) => {
      if (view.kind.has(kindOf(subject)) && holds(needles[at], wanted)) list.push(at);
    });
    if (view.priv || view.some) {
      const asked = privileges.indexOf(view.priv);
      const wantedCell = cells.map(([set]) => (view.priv ? sets[set].privs.includes(asked) : sets[set].level !== "none"));
      const used = new Uint8Array(data.class_count);
      const rowUsed = new Map();
      for (const at of list) {
        const number = subjects[at].row;
        if (rowUsed.has(number)) continue;
        let any = false;
        const classesOf = row(number);
        for (const column of columns) {
          if (wantedCell[classesOf[column.class]]) {
            any = true;
            used[column.class] = 1;
          }
        }
        rowUsed.set(number, any);
      }
      list = list.filter((at) => rowUsed.get(subjects[at].row));
      columns = columns.filter((column) => used[column.class]);
    }
    return { columns, list };
  };

  // ---- The table.

  const pathsTitle = (column) => {
    const listed = column.paths.slice(0, TITLES).map((at) => shown(paths[at]));
    const more = column.paths.length - listed.length;
    return listed.join("\n") + (more > 0 ? "\nand " + more + " more" : "");
  };

  const fillHead = (columns) => {
    const line = make("tr");
    const corner = make("th", "corner", "who, where");
    corner.scope = "col";
    line.append(corner);
    for (const column of columns) {
      const cell = make("th");
      cell.scope = "col";
      cell.title = pathsTitle(column);
      const label = make("span", "", shown(paths[column.paths[0]]));
      if (unchecked.has(column.paths[0])) {
        cell.className = "unchecked";
        cell.title += "\nPVE never looks at it";
      }
      if (column.paths.length > 1) label.append(make("small", "", " +" + (column.paths.length - 1)));
      cell.append(label);
      line.append(cell);
    }
    element("head").replaceChildren(line);
  };

  const describe = (set) => (set.level === "none" ? "nothing" : count(set.privs.length, "privilege", "privileges") + ", " + LEVELS[set.level][1]);

  const fillCell = (cell, subject, column) => {
    const set = setOf(row(subjects[subject].row)[column.class]);
    const path = view.cell && view.cell.subject === subject && column.paths.includes(view.cell.path) ? view.cell.path : column.paths[0];
    const button = make("button", "lv-" + set.level);
    button.type = "button";
    button.tabIndex = -1;
    let words = describe(set);
    let text = LEVELS[set.level][0] + (set.level === "none" ? "" : " " + set.privs.length);
    if (view.priv) {
      const asked = privileges.indexOf(view.priv);
      const has = set.privs.includes(asked);
      const here = set.here.includes(asked);
      text = has ? (here ? "✓ here" : "✓") : "–";
      words = (has ? "has " : "lacks ") + view.priv + (here ? ", on this path alone" : "") + "; " + words;
      if (!has) button.classList.add("without");
    }
    button.textContent = text;
    button.setAttribute("aria-label", shown(subjects[subject].id) + " on " + shown(paths[path]) + ": " + words);
    button.dataset.subject = subject;
    button.dataset.path = path;
    const open = view.cell !== null && view.cell.subject === subject && classes[view.cell.path] === column.class && column.paths.includes(view.cell.path);
    button.setAttribute("aria-pressed", String(open));
    cell.append(button);
  };

  const fillBody = (list, columns) => {
    const body = document.createDocumentFragment();
    for (const at of list) {
      const subject = subjects[at];
      const line = make("tr");
      line.dataset.id = subject.id;
      const head = make("th", "", shown(subject.id));
      head.scope = "row";
      head.title = notes(subject).join("\n") || shown(subject.id);
      const kind = subject.ghost ? "not defined" : subject.disabled ? "disabled" : subject.kind === "token" ? (subject.privsep ? "token" : "full token") : "";
      if (kind) head.append(make("small", "", " " + kind));
      line.append(head);
      for (const column of columns) {
        const cell = make("td");
        fillCell(cell, at, column);
        line.append(cell);
      }
      body.append(line);
    }
    if (list.length === 0) {
      const cell = make("td", "empty", "Nobody and nothing is like that.");
      cell.colSpan = columns.length + 1;
      const line = make("tr", "nothing");
      line.append(cell);
      body.append(line);
    }
    element("body").replaceChildren(body);
    const first = element("body").querySelector("button[aria-pressed=true]") ?? element("body").querySelector("button");
    if (first) first.tabIndex = 0;
  };

  const more = (id, all, limit, step, what) => {
    const button = element(id);
    button.hidden = all <= limit;
    button.textContent = "Show " + Math.min(step, all - limit) + " more " + what + " of " + (all - limit);
  };

  const draw = () => {
    const { columns, list } = compute();
    // The open cell's column is in view, wherever it stands.
    let visible = columns.slice(0, columnLimit);
    let listed = list.slice(0, rowLimit);
    if (view.cell) {
      const own = columns.find((column) => column.paths.includes(view.cell.path));
      if (own && !visible.includes(own)) visible = [...visible, own];
      if (list.includes(view.cell.subject) && !listed.includes(view.cell.subject)) listed = [...listed, view.cell.subject];
    }
    fillHead(visible);
    fillBody(listed, visible);
    const pathCount = columns.reduce((sum, column) => sum + column.paths.length, 0);
    element("count").textContent =
      list.length + " of " + count(subjects.length, "subject", "subjects") + ", " + pathCount + " of " + count(paths.length, "path", "paths") +
      (view.priv ? ", with " + view.priv : "") +
      (pathCount > columns.length ? ". Paths on which everybody has the same rights share a column." : ".");
    more("more-rows", list.length, rowLimit, ROWS, "rows");
    more("more-columns", columns.length, columnLimit, COLUMNS, "columns");
    page.dataset.rows = list.length;
    page.dataset.columns = columns.length;
    drawDetail();
    writeAddress();
  };

  // ---- The details of a cell.

  const notes = (subject) => {
    const list = [];
    if (subject.ghost) {
      list.push(subject.kind === "token" ? "There is no such token: only ACLs name it." :
        "No line defines " + shown(subject.id) + ": nobody can log in under that name, but whoever is given it has the rights.");
    }
    if (subject.disabled) list.push((subject.owner === null ? "It" : "Its owner") + " is disabled: PVE refuses the login, whatever the rights.");
    if (subject.expire > 0 && subject.expire * 1000 < Date.now()) list.push("It has expired: PVE refuses the login, whatever the rights.");
    return list;
  };

  const at = (line) => " (" + shown(data.source) + ":" + line + ")";
  /** One entry that counts, and the pool that it comes through. */
  const entryWords = (number, path, pool) => {
    const [whoAt, onAt, role, propagate, line] = entries[number];
    const [who, on] = [names[whoAt], names[onAt]];
    const [name, held] = roles[role];
    const inherited = on !== path && pool === undefined;
    let words = (who.startsWith("@") ? "in " + shown(who) + ", " : "") + shown(name) + " on " + shown(on) + at(line);
    if (inherited) words += ", and it propagates";
    else if (!propagate) words += ", on that path alone";
    if (pool !== undefined) words += ", through pool " + shown(pools[pool]);
    if (name === "NoAccess") return words + ": takes every privilege away";
    const asked = privileges.indexOf(view.priv);
    if (view.priv) return words + (held.includes(asked) ? ": holds " : ": doesn't hold ") + view.priv;
    return words + ": " + (held.length === 0 ? "holds nothing" : held.length === privileges.length ? "all privileges" : count(held.length, "privilege", "privileges"));
  };
  const chain = (cell, path) => {
    const [direct, through] = whys[cells[cell][1]];
    const counting = direct.map((entry) => [entry, undefined]);
    for (const [pool, list] of through) for (const entry of list) counting.push([entry, pool]);
    // Those that hold what is asked for come first.
    const asked = privileges.indexOf(view.priv);
    const rank = ([entry]) => (view.priv && !roles[entries[entry][2]][1].includes(asked) ? 1 : 0);
    counting.sort((a, b) => rank(a) - rank(b));
    const lines = counting.map(([entry, pool]) => entryWords(entry, path, pool));
    return lines.length > 0 ? lines : ["no ACL for it is on the way to this path"];
  };
  const listOf = (lines, className) => {
    const list = make("ul", className);
    for (const line of lines.slice(0, LISTED)) list.append(make("li", "", line));
    if (lines.length > LISTED) list.append(make("li", "", "and " + (lines.length - LISTED) + " more"));
    return list;
  };
  const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : "'" + text.replaceAll("'", "'\\''") + "'");

  const drawDetail = () => {
    element("detail").hidden = view.cell === null;
    if (view.cell === null) return;
    const subject = subjects[view.cell.subject];
    const path = paths[view.cell.path];
    const cellAt = (one) => row(one.row)[classes[view.cell.path]];
    const cell = cellAt(subject);
    const set = setOf(cell);
    element("detail-title").textContent = shown(subject.id) + " on " + shown(path);
    const body = document.createDocumentFragment();
    const level = make("p");
    level.append(make("strong", "", set.level === "none" ? "No rights" : count(set.privs.length, "privilege", "privileges") + " of " + privileges.length));
    if (set.level !== "none") level.append(": " + LEVELS[set.level][1]);
    body.append(level);
    for (const note of notes(subject)) body.append(make("p", "", note));
    if (unchecked.has(view.cell.path)) body.append(make("p", "", "PVE never looks at this path: these rights are of no use."));

    const owner = subject.owner === null ? null : subjects[subject.owner];
    body.append(make("h3", "", "Through"));
    if (subject.root) {
      body.append(listOf(["root@pam has every privilege on every path"]));
    } else if (owner && !subject.privsep) {
      const lines = owner.root ? ["root@pam has every privilege on every path"] : chain(cell, path);
      body.append(listOf(["no privilege separation: all rights of " + shown(owner.id), ...lines]));
    } else {
      body.append(listOf(subject.kind === "token" && subject.ghost ? ["there is no such token"] : chain(cell, path)));
    }
    if (owner && subject.privsep) {
      body.append(make("h3", "", "Limited by its owner " + shown(owner.id)));
      body.append(owner.root ? listOf(["root@pam limits nothing"]) : listOf([...chain(cellAt(owner), path), "so the owner has: " + describe(setOf(cellAt(owner)))]));
    }
    const named = (title, numbers) => {
      if (numbers.length === 0) return;
      const list = make("ul", "privs");
      for (const number of numbers) list.append(make("li", privileges[number] === view.priv ? "asked" : "", privileges[number]));
      body.append(make("h3", "", title), list);
    };
    named("Privileges that propagate", set.privs.filter((number) => !set.here.includes(number)));
    named("Privileges on this path alone", set.here);
    const same = byName.filter((at) => classes[at] === classes[view.cell.path] && at !== view.cell.path);
    if (same.length > 0) {
      const details = make("details");
      details.append(make("summary", "", "The same for everybody on " + count(same.length, "other path", "other paths")));
      details.append(listOf(same.map((at) => shown(paths[at]))));
      body.append(make("h3", "", "Elsewhere"), details);
    }
    if (shown(subject.id) === subject.id && !unchecked.has(view.cell.path)) {
      body.append(make("h3", "", "Ask further"));
      const ask = (words) => {
        const line = make("p");
        line.append(make("code", "", words));
        body.append(line);
      };
      const words = quoted(subject.id) + " " + (view.priv || "PRIVILEGE") + " " + quoted(path);
      const has = view.priv ? set.privs.includes(privileges.indexOf(view.priv)) : set.privs.length > 0;
      ask("pvelint access " + (has ? "why " : "why-not ") + words);
    }
    element("detail-body").replaceChildren(body);
  };

  // ---- Doing things.

  const changed = () => {
    rowLimit = ROWS;
    columnLimit = COLUMNS;
    view.q = element("q").value;
    view.path = element("path").value;
    view.priv = element("priv").value;
    view.some = element("some").checked;
    view.kind = new Set([...document.getElementsByName("kind")].filter((box) => box.checked).map((box) => box.value));
    draw();
  };
  const showCell = () =>
    element("body").querySelector("button[aria-pressed=true]")?.scrollIntoView({ block: "nearest", inline: "center" });
  const focusCell = () => element("body").querySelector("button[aria-pressed=true]")?.focus();
  const open = (button) => {
    view.cell = { subject: Number(button.dataset.subject), path: Number(button.dataset.path) };
    draw();
    focusCell();
  };
  const close = () => {
    const button = element("body").querySelector("button[aria-pressed=true]");
    const from = button && { subject: button.dataset.subject, path: button.dataset.path };
    view.cell = null;
    draw();
    if (from) element("body").querySelector(`button[data-subject="${from.subject}"][data-path="${from.path}"]`)?.focus();
  };
  const step = (button, event) => {
    const cell = button.parentElement;
    const line = cell.parentElement;
    const at = [...line.children].indexOf(cell);
    const lines = [...element("body").children];
    const lineAt = lines.indexOf(line);
    const to = {
      ArrowLeft: () => line.children[at - 1],
      ArrowRight: () => line.children[at + 1],
      ArrowUp: () => lines[lineAt - 1]?.children[at],
      ArrowDown: () => lines[lineAt + 1]?.children[at],
      Home: () => line.children[1],
      End: () => line.lastElementChild,
    }[event.key]?.();
    const next = to?.querySelector("button");
    if (!next) return;
    event.preventDefault();
    button.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };

  for (const privilege of privileges) {
    const option = make("option", "", privilege);
    option.value = privilege;
    element("priv").append(option);
  }
  for (const [level, [sign, words]] of Object.entries(LEVELS)) {
    const item = make("li");
    item.append(make("span", "lv-" + level, sign), words);
    element("legend").append(item);
  }
  element("about").textContent = shown(data.source) + ", PVE " + data.release + ". Made by pvelint " + data.version + " from the files alone; a cell is what PVE would answer, and a click says through what.";
  element("controls").addEventListener("input", changed);
  element("controls").addEventListener("submit", (event) => event.preventDefault());
  element("controls").addEventListener("reset", (event) => {
    event.preventDefault();
    history.replaceState(null, "", "#");
    rowLimit = ROWS;
    columnLimit = COLUMNS;
    follow();
  });
  element("more-rows").addEventListener("click", () => { rowLimit += ROWS; draw(); });
  element("more-columns").addEventListener("click", () => { columnLimit += COLUMNS; draw(); });
  element("close").addEventListener("click", close);
  element("body").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) open(button);
  });
  element("body").addEventListener("keydown", (event) => {
    const button = event.target.closest("button");
    if (button) step(button, event);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && view.cell) close();
  });
  const follow = () => {
    readAddress();
    putControls();
    draw();
    showCell();
  };
  window.addEventListener("hashchange", follow);

  follow();
  if (page.dataset.state !== "failed") page.dataset.state = "ready";
})();
