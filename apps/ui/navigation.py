"""What the frame of a portal page shows: the rail, the scopes, the palette, the person. Filled by the app that owns the screens.

`settings.NAVIGATION` names a callable `(HttpRequest) -> Navigation`, so that this app needs to know no screen.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NavItem:
    """One link of the rail. `key` equals the page's `page` context variable; `go` is the letter after G."""

    key: str
    label: str
    href: str
    icon: str
    go: str = ""
    count: int | None = None
    count_noun: str = ""  # read out after the count: "open", "late"
    is_urgent: bool = False
    hint: str = ""  # shown in the palette


@dataclass(frozen=True)
class NavGroup:
    """A titled part of the rail; the first has no title. Phones show only groups with `on_phone`."""

    title: str
    items: tuple[NavItem, ...]
    on_phone: bool = True


@dataclass(frozen=True)
class Scope:
    """A part of the floor one may look at; `href` is the present page with `?scope=` set."""

    label: str
    href: str
    is_current: bool = False


@dataclass(frozen=True)
class PaletteEntry:
    """One line of the command palette."""

    label: str
    href: str
    icon: str
    hint: str = ""
    keys: str = ""


@dataclass(frozen=True)
class PaletteGroup:
    """A titled part of the palette."""

    title: str
    entries: tuple[PaletteEntry, ...]

    @property
    def key(self) -> str:
        """The title as a part of an id."""
        return self.title.lower().replace(" ", "-")


@dataclass(frozen=True)
class Key:
    """One line of the key list: the keys pressed one after the other, and what they do."""

    keys: tuple[str, ...]
    what: str


@dataclass(frozen=True)
class KeyGroup:
    """Keys that work on one kind of page."""

    title: str
    keys: tuple[Key, ...]


@dataclass(frozen=True)
class Person:
    """Who is looking."""

    name: str
    role: str
    href: str = ""  # their own page, when there is one
    account_href: str = ""  # their password and second factor


@dataclass(frozen=True)
class Navigation:
    """All of the frame. `search_href` takes a posted `q`; `palette_href` answers a posted `q` with groups of options. Both may be empty."""

    groups: tuple[NavGroup, ...] = ()
    scopes: tuple[Scope, ...] = ()
    palette: tuple[PaletteGroup, ...] = ()
    keys: tuple[KeyGroup, ...] = ()
    person: Person | None = None
    home_href: str = "/"
    search_href: str = ""
    palette_href: str = ""
    here_href: str = ""  # told now and then that somebody moves or types on a page
    scope_query: str = ""  # what a link adds to keep the scope: "?scope=4", or nothing
    masked_note: str = "Personal data is masked on this page."

    @property
    def current_scope(self) -> Scope | None:
        """The scope in force; the first when none is marked."""
        return next((scope for scope in self.scopes if scope.is_current), self.scopes[0] if self.scopes else None)

    @property
    def go_keys(self) -> tuple[NavItem, ...]:
        """Links that a letter after G opens."""
        return tuple(item for group in self.groups for item in group.items if item.go)
