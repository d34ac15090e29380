"""The runbooks as Markdown, with words in capitals: what stands in `alerts/runbooks`. Pure."""

from collections.abc import Iterable, Iterator

from exporter.model import Cause
from exporter.remedy import Step, Subject
from exporter.runbooks.causes import in_words
from exporter.runbooks.runbook import About, Runbook, Way, beginning, steps_of
from exporter.runbooks.variants import Variant, by_consumer, by_kind, by_place

NOBODY = Subject()
GENERATED = "<!-- Generated: do not edit. python -m exporter.runbooks --out alerts/runbooks -->"
CAPITALS = (
    "A word in capitals is to be replaced. `APP_ID` and `KEY_ID` are the alert's labels `app_id` "
    "and `key_id`; `TENANT_ID` is that of the label `tenant` in the exporter's configuration. The "
    "link in the alert opens this page on the exporter, with everything filled in that is known."
)
ALONE = "A word in capitals, such as `EXPORTER_ADDRESS`, is to be replaced."
LISTS = {
    About.CREDENTIAL: "Registered credentials and their end",
    About.TARGET: "Stored credentials, tried as their consumers do",
    About.TENANT: "Reading a tenant",
    About.EXPORTER: "The exporter",
}


def files(books: Iterable[Runbook]) -> dict[str, str]:
    """Every file by its name, with the index that a code host shows first."""
    books = tuple(books)
    return {"README.md": index(books), **{f"{book.name}.md": page(book) for book in books}}


def index(books: tuple[Runbook, ...]) -> str:
    """What each alert says broke."""
    lines = [GENERATED, "# Runbooks", "", "What to do about each alert.", "", CAPITALS]
    for about, title in LISTS.items():
        lines += ["", f"## {title}", "", "| Alert | What broke |", "|---|---|"]
        lines += [f"| [{b.name}]({b.name}.md) | {b.broke} |" for b in books if b.about is about]
    return "\n".join([*lines, ""])


def page(book: Runbook) -> str:
    """One runbook; its first screen says what broke and the next command."""
    blocks = [
        GENERATED,
        f"# {book.name}",
        f"**{book.broke}**",
        *begin(book),
        ALONE if book.about is About.EXPORTER else CAPITALS,
        f"## Meaning\n\n{book.meaning}",
        f"## Impact\n\n{book.impact}",
        f"## Diagnosis\n\n{bullets(book.diagnosis)}",
        "## Mitigation",
        *(several(book) if len(book.ways) > 1 else only(book.ways[0], book.about)),
        f"## Verification\n\n{bullets(book.mended)}",
    ]
    return "\n\n".join(blocks) + "\n"


def bullets(sentences: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {sentence}" for sentence in sentences)


def begin(book: Runbook) -> Iterator[str]:
    """The next command, or where to read the cause when that decides."""
    if len(book.ways) > 1:
        yield (
            "Next: read the **cause** in the alert's description, find it under "
            "[Mitigation](#mitigation), and do only what stands there."
        )
        return
    yield "Next:"
    for step in beginning(steps_of(book.ways[0].plan, NOBODY)):
        yield from fenced(step) if step.command else (f"{step.title}. {step.note}",)
    yield "All steps are under [Mitigation](#mitigation)."


def fenced(step: Step) -> Iterator[str]:
    """A command below its title."""
    yield f"{step.title}:\n\n```sh\n{step.command}\n```"


def only(way: Way, about: About) -> Iterator[str]:
    """The one way, and what is different for others."""
    others = by_consumer(way.plan, NOBODY)
    if others:
        yield (
            "How to store it, and to prove what is stored, depends on the consumer: "
            "[see below](#where-it-is-stored)."
        )
    yield numbered(steps_of(way.plan, NOBODY))
    if others:
        yield "### Where it is stored\n\nThese take the place of the steps that store and prove it."
        yield from map(folded, others)
    kinds = by_kind(way.plan, about)
    if kinds:
        yield "### Other kinds of credential\n\nAll steps for them:"
        yield from map(folded, kinds)


def several(book: Runbook) -> Iterator[str]:
    """The ways by cause: all in a table, and the commands of those that are spelled out."""
    rows = [row(way) for way in book.ways]
    yield "\n".join(["| Cause | It means | Steps |", "|---|---|---|", *rows])
    for way in book.ways:
        if way.spelled:
            yield f"### {title(way)}\n\nIt means: {way.when}."
            yield numbered(steps_of(way.plan, NOBODY))
            yield from map(folded, by_place(way.plan))
    if not all(way.spelled for way in book.ways):
        yield (
            "The commands of every other cause are on the exporter's page, which the alert's link "
            "opens, and printed by `entra-credential-exporter verify`."
        )


def row(way: Way) -> str:
    """One line of the table."""
    cause = (
        f"[{title(way)}](#{title(way).lower().replace(' ', '-')})" if way.spelled else title(way)
    )
    titles = (step.title.replace("|", "\\|") for step in steps_of(way.plan, NOBODY))
    steps = "<br>".join(f"{number}. {name}" for number, name in enumerate(titles, start=1))
    return f"| {cause} | {way.when} | {steps} |"


def title(way: Way) -> str:
    """`Blocked by policy`."""
    return in_words(Cause(way.plan)).capitalize()


def folded(variant: Variant) -> str:
    """Steps that a reader opens."""
    name, steps = variant
    return f"<details><summary>{name}</summary>\n\n{numbered(steps)}\n\n</details>"


def numbered(steps: tuple[Step, ...]) -> str:
    """Steps with their commands, which can be copied as they stand."""
    return "\n\n".join("\n".join(item(number, step)) for number, step in enumerate(steps, start=1))


def item(number: int, step: Step) -> Iterator[str]:
    """One step of a numbered list; what belongs to it is indented."""
    pad = " " * len(f"{number}. ")
    yield f"{number}. **{step.title}**"
    if step.command:
        lines = ["", "```sh", *step.command.splitlines(), "```"]
        yield from (f"{pad}{line}".rstrip() for line in lines)
    if step.note:
        yield from ("", f"{pad}{step.note}")
