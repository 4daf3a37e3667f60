"""The values that flow from the web to a labeller, named by their role on the way.

Source → Request → Response → Feed(Entry…) → Article → Page → Document → Verdict → Capture.
All are frozen; times are aware UTC; languages BCP 47; countries ISO 3166 alpha-2.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

# ---------------------------------------------------------------- sources


class Kind(StrEnum):
    """How a source's page is read."""

    RSS = "rss"
    SITEMAP = "sitemap"
    LISTING = "listing"
    JSON = "json"


class Health(StrEnum):
    """One word for how a source is."""

    NEW = "new"  # never polled
    OK = "ok"
    QUIET = "quiet"  # answers, but longer without a new entry than it usually is
    STALE = "stale"  # answers, but nothing new for so long that it has probably died
    FAILING = "failing"
    BLOCKED = "blocked"
    MOVED = "moved"
    BROKEN_FORMAT = "broken-format"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Interval:
    """How often a source is polled; adaptive between the two when they differ."""

    least: timedelta
    most: timedelta

    @property
    def adaptive(self) -> bool:
        """Whether the interval follows the source's own rhythm."""
        return self.least != self.most


@dataclass(frozen=True)
class Rule:
    """Keeps or blocks entries by a regular expression on one of their fields (title, url, text, author)."""

    field: str
    match: str


@dataclass(frozen=True)
class Paging:
    """Further pages of a roll: `param` counts from `start`, at most `most` pages."""

    param: str
    start: int = 1
    most: int = 1


@dataclass(frozen=True)
class Expectation:
    """What an operator knows a living source delivers."""

    min_items: int = 0
    max_silence: timedelta | None = None


@dataclass(frozen=True)
class Source:
    """What an operator lists in sources.yaml; `name` is its identity."""

    name: str
    kind: Kind
    url: str
    publisher: str = ""
    country: str = ""
    language: str = ""
    timezone: str = "UTC"
    every: Interval = Interval(timedelta(minutes=15), timedelta(minutes=15))
    topics: tuple[str, ...] = ()
    enabled: bool = True
    encoding: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    user_agent: str = ""
    proxy: str = ""
    method: str = "GET"
    body: Mapping[str, object] | None = None
    timeout: timedelta = timedelta(seconds=30)
    max_entries: int = 500
    robots: str = "obey"  # obey | ignore, for the articles; feeds are asked for by their publishers
    ignore_validators: bool = False
    retry_scope: str = "host"  # host | domain | url
    keep: tuple[Rule, ...] = ()
    block: tuple[Rule, ...] = ()
    select: Mapping[str, str] = field(default_factory=dict)  # listing: item, link, title, time
    paths: Mapping[str, str] = field(
        default_factory=dict
    )  # json: items, title, url, date, summary, author, id
    date_format: str = "auto"  # auto | epoch | epoch_ms | a strptime pattern
    unwrap: str = ""  # "jsonp", or a regular expression with one group
    url_template: str = ""
    page: Paging | None = None
    expect: Expectation = Expectation()
    full_text: bool = False  # entries carry the whole text: no fetch needed
    text: Mapping[str, str] = field(default_factory=dict)  # site selectors: text, title, date, author, drop


@dataclass(frozen=True)
class Validators:
    """What a server gave us to ask "changed since?" with, and a hash of the body beside it."""

    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""


@dataclass(frozen=True)
class SourceState:
    """What is known of a source between two polls."""

    name: str
    status: Health = Health.NEW
    reason: str = ""
    since: datetime | None = None
    last_polled_at: datetime | None = None
    next_poll_at: datetime | None = None
    last_new_at: datetime | None = None  # when a poll last brought a new entry
    gap: timedelta | None = None  # learned mean time between new entries
    interval: timedelta | None = None  # the interval in force
    failures: float = 0.0  # fractional: a soft failure counts less than a hard one
    entries_seen: int = 0  # most entries that one poll ever held
    validators: Validators = Validators()
    moved_to: str = ""
    moved_times: int = 0
    moved_since: datetime | None = None
    url_in_force: str = ""  # the followed address, when a move was proven
    url: str = ""  # the configured address at which all this was learned; another one begins anew


# ---------------------------------------------------------------- fetching


@dataclass(frozen=True)
class Request:
    """One thing to ask the web for; sizes in bytes."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    proxy: str = ""
    user_agent: str = ""
    timeout: timedelta = timedelta(seconds=30)
    max_bytes: int = 8 * 1024 * 1024
    accept: str = "*/*"
    validators: Validators | None = None
    keep_received: bool = False  # also keep the bytes as they came over the wire
    retry_scope: str = "host"  # host | domain | url: what a "try again later" of the server holds back


@dataclass(frozen=True)
class Response:
    """What came back: the decompressed body (cut at the limit when `truncated`) and the redirects followed.

    `received` holds the bytes as they came over the wire, for the local archive; it may be empty.
    """

    url: str  # as asked
    final_url: str
    status: int
    headers: Mapping[str, str]  # lower-case names
    body: bytes
    fetched_at: datetime
    truncated: bool = False
    redirects: tuple[tuple[int, str], ...] = ()  # (status, location) in order
    address: str = ""  # the IP address that answered
    received: bytes = b""
    request_headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def body_hash(self) -> str:
        """A short hash of the body; equal bytes, equal hash."""
        return hashlib.blake2b(self.body, digest_size=16).hexdigest()


# ---------------------------------------------------------------- entries and articles


@dataclass(frozen=True)
class Entry:
    """A link found in a source, as the source states it."""

    url: str
    title: str = ""
    summary: str = ""
    published_raw: str = ""
    published_at: datetime | None = None
    authors: tuple[str, ...] = ()
    content: str = ""  # HTML or text of the whole article, where the feed carries it
    language: str = ""
    publisher: str = ""  # as the entry names it (an aggregator's `source` or `media_name`)
    identity: str = ""  # guid or id, as stated
    modified_at: datetime | None = None  # where it is stated beside the date of publication, or instead of it


@dataclass(frozen=True)
class Feed:
    """What one page of a source held.

    `outcome` is one of: feed, empty-body, html, challenge, not-a-feed, no-items, and of an answer that was cut
    and held nothing, too-large or cut-short. Only `feed` is good.
    """

    outcome: str
    entries: tuple[Entry, ...] = ()
    rejected: Mapping[str, int] = field(default_factory=dict)  # reason → count
    detail: str = ""
    ttl: timedelta | None = None  # what the feed itself asks for (ttl, sy:)
    hub: str = ""  # WebSub
    self_url: str = ""
    title: str = ""
    language: str = ""
    more: tuple[str, ...] = ()  # further pages to read: the parts of a sitemap index


class State(StrEnum):
    """Where an article stands; `found → read → queued | copy | rejected`, `failed` from any of the first two."""

    FOUND = "found"
    READ = "read"
    QUEUED = "queued"
    COPY = "copy"
    REJECTED = "rejected"
    FAILED = "failed"


@dataclass(frozen=True)
class Article:
    """One canonical URL that was seen, as the read stage takes it."""

    id: int
    url: str
    source: str
    entry: Entry
    found_at: datetime
    host: str = ""
    attempts: int = 0
    token: str = ""  # the lease's fence


@dataclass(frozen=True)
class Page:
    """The bytes behind an article, on their way to a worker process."""

    url: str
    final_url: str
    content_type: str
    body: bytes
    fetched_at: datetime


@dataclass(frozen=True)
class Hints:
    """What the source and its entry know about a page before it is read."""

    title: str = ""
    published_at: datetime | None = None
    language: str = ""
    publisher: str = ""
    country: str = ""
    timezone: str = "UTC"
    encoding: str = ""
    authors: tuple[str, ...] = ()
    select: Mapping[str, str] = field(default_factory=dict)
    publishers: tuple[tuple[str, tuple[str, ...]], ...] = ()  # the operator's: name, other names and hosts


@dataclass(frozen=True)
class Document:
    """Clean text and metadata of one article; paragraphs are separated by a newline."""

    title: str
    text: str
    language: str = ""
    authors: tuple[str, ...] = ()
    publisher: str = ""
    country: str = ""
    published_at: datetime | None = None
    modified_at: datetime | None = None
    canonical_url: str = ""
    summary: str = ""
    image_url: str = ""
    source_named: str = ""  # the original that a reprint names (来源：新华网, "via", an agency byline)
    links: tuple[str, ...] = ()  # addresses that the text itself links to
    reader: str = ""  # which path read it: trafilatura, readability, selectors, template, entry …


@dataclass(frozen=True)
class Reading:
    """A document with everything computed from it in the worker process."""

    document: Document
    content_hash: str  # of the folded text: equal text, equal hash
    sketch: bytes  # fingerprint for copies, see domain/copies.py
    vector: bytes | None = None  # float32, unit length; None where no encoder ran
    vector_model: str = ""
    features: bytes = b""  # what matching compares, packed; empty where nobody worked it out


# ---------------------------------------------------------------- decisions


@dataclass(frozen=True)
class Topic:
    """What an operator watches for."""

    name: str
    title: str = ""
    any: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()  # `and:` in YAML: at least one of these as well
    none_of: tuple[str, ...] = ()  # `not:` in YAML
    like: tuple[str, ...] = ()
    like_threshold: float = 0.9


@dataclass(frozen=True)
class Screening:
    """On which topics a document is, how strongly (0 – 1), and why."""

    topics: tuple[str, ...]
    relevance: float
    reasons: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether it is on a topic."""
        return bool(self.topics)


@dataclass(frozen=True)
class Read:
    """A document in state `read`, as the decide stage takes it."""

    article_id: int
    url: str
    source: str
    found_at: datetime
    reading: Reading
    topics: tuple[str, ...] = ()  # the topics that its source is watched for
    url_key: str = ""  # where it is known

    @property
    def document(self) -> Document:
        """The document itself."""
        return self.reading.document

    @property
    def when(self) -> datetime:
        """When it was reported: the publication time, else when it was found."""
        return self.document.published_at or self.found_at


@dataclass(frozen=True)
class CopyCandidate:
    """An earlier document that shares fingerprints with a new one; `original_id` is the head of its copies."""

    article_id: int
    original_id: int
    containment: float  # estimated share of the shorter text inside the longer one
    published_at: datetime | None = None
    exact: bool = False  # the folded texts are equal
    letters: int = 0  # size of the shorter text
    length_ratio: float = 1.0  # the new text's size by the known one's
    figures: float = 1.0  # share of the numbers of the text that has fewer in the other one
    titles_alike: bool = False
    state: State = State.QUEUED  # what became of the known text
    incident_id: int | None = None
    names_original: bool = False  # the new document says that it comes from the original's publisher
    named_by_original: bool = False  # the other way round


@dataclass(frozen=True)
class CopyVerdict:
    """Whose copy a document is, and how sure (the verified containment)."""

    original_id: int
    containment: float
    reason: str
    earlier: bool = False  # it was published before the original that was known: it takes its place


@dataclass(frozen=True)
class Evidence:
    """What speaks for one event: interpretable measures of a document against an incident (0 – 1 unless said)."""

    incident_id: int
    words: float = 0.0  # similarity of weighted words and character n-grams, title and lead
    title: float = 0.0  # the same, of the titles alone
    centre: float = 0.0  # the same as words, against everything the incident's reports have in common
    meaning: float | None = None  # likeness of the embeddings, rescaled to 0 – 1; None without an encoder
    meaning_centre: float | None = None  # the same, against the mean of the incident's reports
    names: float = 0.0  # shared names, products, places (weighted by rarity)
    names_share: float = 0.0  # of the document's names, those that the incident has (weighted by rarity)
    names_title: float = 0.0  # of the names in its title, those that the incident has
    names_back: float = 0.0  # of the names of the incident's nearest report, those that the document has
    words_few: float = 0.0  # as words, but the mean of the three nearest reports
    meaning_few: float = 0.0  # as meaning, but the mean of the three nearest reports
    named: float = 0.0  # how much the document names at all
    back_few: float = 0.0  # as names_back, but the mean of the three nearest reports
    joint: float = 0.0  # the highest sum of words, title, names_back and meaning that one report reaches
    joint_few: float = 0.0  # the same, the mean of three
    numbers: float = 0.0  # shared figures
    figured: float = 0.0  # how many figures the document has at all
    places: float = 0.0  # from -1, other countries, to 1, the same; 0 where either names none
    quotes: float = 0.0  # shared quoted phrases
    links: float = 0.0  # the document links to an article of the incident
    days: float = 0.0  # since the incident's nearest report
    same_language: bool = True
    same_publisher: bool = False
    shared: tuple[str, ...] = ()  # the names and figures themselves, for the reason
    reports: int = 1  # how many reports the incident has
    brief: bool = False  # the document has no text to speak of beside its title


@dataclass(frozen=True)
class Match:
    """An incident, how sure (a probability), and why."""

    incident_id: int
    score: float
    reasons: tuple[str, ...]
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Recall:
    """What is remembered that may concern a document."""

    copies: tuple[CopyCandidate, ...] = ()  # most alike first
    likeness: Mapping[str, float] | None = (
        None  # topic → best cosine to its examples; None without an encoder
    )


class Outcome(StrEnum):
    """What a match came to."""

    EXISTING = "existing"
    NEW = "new"
    UNSURE = "unsure"  # queued as new, with the other option noted and higher priority


@dataclass(frozen=True)
class Mention:
    """One segment of a roundup and the incident that it speaks of."""

    incident_id: int
    score: float
    segment: str


@dataclass(frozen=True)
class Merge:
    """Two incidents that later evidence shows to be one: `gone` lives on as another name of `kept`."""

    kept: int
    gone: int
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What was decided about one article."""

    article_id: int
    state: State
    reasons: tuple[str, ...]
    screening: Screening | None = None
    copy: CopyVerdict | None = None
    outcome: Outcome | None = None
    incident_id: int | None = None
    score: float | None = None
    alternative: Match | None = None  # the option not taken, when unsure
    evidence: Evidence | None = None
    roundup: bool = False
    mentions: tuple[Mention, ...] = ()
    priority: float = 0.0
    words_only: bool = False  # no embedding was at hand: to be decided again
    merges: tuple[Merge, ...] = ()  # incidents that this document brought together


# ---------------------------------------------------------------- captures


class CaptureState(StrEnum):
    """Where a capture stands."""

    WANTED = "wanted"
    SUBMITTED = "submitted"
    CAPTURED = "captured"
    VERIFIED = "verified"
    LOST = "lost"


@dataclass(frozen=True)
class Capture:
    """One archived state of a page, wanted or had."""

    id: int
    article_id: int
    url: str
    state: CaptureState
    attempts: int = 0
    remote_id: str = ""  # the archive's own id of the request
    archived_at: datetime | None = None
    archive_url: str = ""
    reason: str = ""
    token: str = ""
