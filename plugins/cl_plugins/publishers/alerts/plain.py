"""An alert as plain text and as HTML, for mail and whatever else reads either. Sends nothing."""

from html import escape

from cl_plugins.publishers.alerts.message import Message


def as_text(message: Message) -> str:
    """Return the whole message as plain text."""
    parts = [message.says, "\n".join(f"{name}: {value}" for name, value in message.facts)]
    parts += [_list("Most confused classes", [f"{a} -> {b}: {rows} rows" for a, b, rows in message.pairs])]
    parts += [_list("Rows to look at", [f"{row}: {a} -> {b}" for row, a, b in message.suspects])]
    parts += [_list("What to do next", message.steps), _list("Not told before", message.missed)]
    parts += [f"Report: {message.link}" if message.link else ""]
    return "\n\n".join(part for part in parts if part) + "\n"


def _list(title: str, lines: "list[str] | tuple[str, ...]") -> str:
    return "\n".join([f"{title}:", *(f"- {text}" for text in lines)]) if lines else ""


def as_html(message: Message) -> str:
    """Return the whole message as an HTML page that loads nothing."""
    parts = [f"<h2>{escape(message.title)}</h2>", f"<p>{escape(message.says)}</p>", _table("", message.facts)]
    parts += [_table("Most confused classes", message.pairs, ("Given", "Likely true", "Rows"))]
    parts += [_table("Rows to look at", message.suspects, ("Row", "Given", "Suggested"))]
    parts += [_bullets("What to do next", message.steps), _bullets("Not told before", message.missed)]
    link = escape(message.link)
    if link:
        parts += [f'<p><a href="{link}">Full report</a></p>' if message.is_link else f"<p>Report: {link}</p>"]
    return f'<!doctype html><html><head><meta charset="utf-8"></head><body>{"".join(parts)}</body></html>'


def _table(title: str, rows: tuple[tuple[str, ...], ...], head: tuple[str, ...] = ()) -> str:
    if not rows:
        return ""
    named = f"<tr>{''.join(f'<th align=left>{escape(cell)}</th>' for cell in head)}</tr>" if head else ""
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"{f'<h3>{title}</h3>' if title else ''}<table>{named}{body}</table>"


def _bullets(title: str, lines: tuple[str, ...]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in lines)
    return f"<h3>{title}</h3><ul>{items}</ul>" if lines else ""
