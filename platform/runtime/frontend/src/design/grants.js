// The designer of an entity's permission groups: who is in them, what they may do with which records and fields.

import { icon, make } from "../page.js";
import { conditionRow } from "./condition.js";
import { button, choice, folded, group, segmented, several, small, toggle, words } from "./controls.js";
import { register } from "./frame.js";
import { textOf, w } from "./words.js";

const GRANT = "grant:";
const SCOPES = ["own", "department", "department_below", "subordinates", "all"];
const LEVELS = ["edit", "view", "none"];
const USUAL = ["view", "create", "edit", "delete"];
const SEVERAL = "several";
const BELOW = "+";

const said = (frame, key) => frame.given.said[key] ?? key;

function groupsOf(frame) {
  return frame.work.of("grant").filter((grant) => grant.entity === frame.given.entity);
}

function addGroup(frame) {
  const entity = frame.given.entity;
  let number = groupsOf(frame).length + 1;
  while (frame.work.get(`${GRANT}${entity}.group_${number}`)) number += 1;
  const key = `${entity}.group_${number}`;
  const made = { kind: "grant", key, entity, label: `${w("grant_new")} ${number}`, members: [], operations: { view: "own", create: true, edit: "own" }, fields: { "*": "edit" } };
  frame.work.change((take, put) => put(GRANT + key, made));
  frame.select(GRANT + key, { reveal: true });
  frame.show("right");
}

register({
  kind: "grants",
  marks: [["[data-grant]", (cell) => GRANT + cell.dataset.grant]],

  left(frame) {
    const groups = groupsOf(frame).map((grant) => make("button", { type: "button", class: "d-add", "data-keep": grant.key, "aria-pressed": String(frame.selected === GRANT + grant.key), click: () => frame.select(GRANT + grant.key, { reveal: true }) }, icon("users"), make("span", { class: "cut" }, textOf(grant.label, frame.lang))));
    const add = button(w("new_grant"), "plus", () => addGroup(frame));
    add.dataset.name = "add-grant";
    return [add, make("div", { class: "d-types d-types-wide d-pad" }, ...groups)];
  },

  right(frame, node) {
    const grant = node && frame.work.get(node);
    return grant ? settings(frame, grant) : [make("p", { class: "d-hint" }, w("grants_hint"))];
  },

  /** One stop of the Tab key for each group, not for each of its cells. */
  drawn(frame, doc) {
    for (const cell of doc.querySelectorAll("td[data-grant]")) cell.tabIndex = -1;
  },

  exists: (frame, node) => Boolean(frame.work.get(node)),
  remove(frame, node) {
    frame.work.change((take, put) => put(node, null));
    frame.select(null);
  },
});

function settings(frame, grant) {
  const node = GRANT + grant.key;
  const edit = (change, tag = "") => frame.work.change((take) => change(take(node)), { tag: tag && `${node}/${tag}` });
  const rest = frame.given.operations.filter((name) => !USUAL.includes(name));
  return [
    make("header", { class: "d-right-head" }, icon("users"), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(grant.label, frame.lang)), make("small", { class: "soft" }, w("grant"))), small(w("delete"), "trash", () => frame.remove(node))),
    group("", words(w("name"), grant.label, frame.lang, (value) => value && edit((found) => (found.label = value), "label"))),
    group(w("grant_who"), ...memberRows(frame, grant, edit)),
    group(w("grant_operations"), ...USUAL.flatMap((name) => operationRows(frame, grant, name, edit)), folded(w("grant_more"), ...rest.flatMap((name) => operationRows(frame, grant, name, edit)))),
    group(w("grant_fields"), ...fieldRows(frame, grant, edit)),
  ];
}

// --- members ---

function memberRows(frame, grant, edit) {
  const of = (name) => grant.members.filter((member) => name in member);
  const put = (name, members) => edit((found) => {
    found.members = [...found.members.filter((member) => !(name in member)), ...members];
  });
  const places = frame.given.departments.flatMap(([key, label]) => [[key + BELOW, w("grant_below", { name: label })], [key, label]]);
  const placed = of("department").map((member) => member.department + (member.below ? BELOW : ""));
  const place = (chosen) => (chosen.endsWith(BELOW) ? { department: chosen.slice(0, -BELOW.length), below: true } : { department: chosen });
  return [
    several(w("grant_roles"), frame.given.roles, of("role").map((member) => member.role), (keys) => put("role", keys.map((role) => ({ role })))),
    several(w("grant_departments"), places, placed, (keys) => put("department", keys.map(place))),
    several(w("grant_people"), frame.given.people, of("user").map((member) => member.user), (keys) => put("user", keys.map((user) => ({ user })))),
    toggle(w("grant_everyone"), of("everyone").length > 0, (on) => put("everyone", on ? [{ everyone: true }] : [])),
  ];
}

// --- operations ---

/** A scope as a list of its parts. */
function partsOf(scope) {
  if (!scope) return [];
  return Array.isArray(scope) ? scope : [scope === true ? "all" : scope];
}

function operationRows(frame, grant, name, edit) {
  const parts = partsOf(grant.operations?.[name]);
  const put = (next) => edit((found) => {
    found.operations = { ...found.operations };
    if (next.length) found.operations[name] = next.length > 1 ? next : next[0];
    else delete found.operations[name];
  });
  const isPlain = !parts.length || (parts.length === 1 && typeof parts[0] === "string");
  const choices = [["", said(frame, "scope.none")], ...SCOPES.map((scope) => [scope, said(frame, `scope.${scope}`)]), [SEVERAL, w("grant_several")]];
  const open = frame.combined?.has(`${grant.key}/${name}`);
  const shown = isPlain && !open ? (parts[0] ?? "") : SEVERAL;
  const main = choice(said(frame, `operation.${name}`), choices, shown, (value) => {
    frame.combined ??= new Set();
    if (value === SEVERAL) frame.combined.add(`${grant.key}/${name}`);
    else {
      frame.combined.delete(`${grant.key}/${name}`);
      put(value ? [value] : []);
    }
    frame.drawRight();
  });
  if (shown !== SEVERAL) return [main];
  const where = parts.find((part) => typeof part === "object");
  const plain = parts.filter((part) => typeof part === "string");
  return [
    main,
    make("div", { class: "d-effect" },
      several(w("grant_rows"), SCOPES.map((scope) => [scope, said(frame, `scope.${scope}`)]), plain, (keys) => put([...keys, ...(where ? [where] : [])])),
      conditionRow(frame, w("grant_where"), { entity: grant.entity, value: where?.where ?? null, change: (next) => {
        put([...plain, ...(next ? [{ where: next }] : [])]);
        frame.drawRight();
      } }),
    ),
  ];
}

// --- fields ---

function fieldRows(frame, grant, edit) {
  const fields = frame.work.get(`entity:${grant.entity}`).fields;
  const levels = LEVELS.map((level) => [level, said(frame, `level.${level}`)]);
  const put = (key, level) => edit((found) => {
    found.fields = { ...found.fields };
    if (level) found.fields[key] = level;
    else delete found.fields[key];
  });
  const rights = grant.fields ?? {};
  const each = fields.map((field) => choice(textOf(field.label, frame.lang), [["", w("grant_as_others")], ...levels], rights[field.key] ?? "", (level) => put(field.key, level)));
  const masked = fields.filter((field) => field.mask).map((field) => [field.key, textOf(field.label, frame.lang)]);
  return [
    segmented(w("grant_others"), levels, rights["*"] ?? "none", (level) => put("*", level)),
    folded(w("grant_each"), ...each),
    masked.length ? several(w("grant_reveal"), masked, grant.reveal === "*" ? masked.map(([key]) => key) : (grant.reveal ?? []), (keys) => edit((found) => {
      if (keys.length) found.reveal = keys;
      else delete found.reveal;
    })) : null,
  ];
}
