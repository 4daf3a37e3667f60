"""The views that downstream reads: a promise, kept by adding columns only (docs/downstream.md).

They are written once for both databases; `{json}` and the like are filled per dialect.
"""

SCHEMA_VERSION = 1

QUEUED_ARTICLES = """
CREATE VIEW queued_articles AS
SELECT a.seq                                        AS seq,
       a.id                                         AS article_id,
       a.source                                     AS source,
       a.url                                        AS url,
       d.canonical_url                              AS canonical_url,
       d.title                                      AS title,
       d.text                                       AS text,
       d.summary                                    AS summary,
       d.language                                   AS language,
       d.authors                                    AS authors,
       d.publisher                                  AS publisher,
       d.country                                    AS country,
       d.published_at                               AS published_at,
       a.found_at                                   AS found_at,
       a.queued_at                                  AS queued_at,
       a.topics                                     AS topics,
       a.relevance                                  AS relevance,
       coalesce(i.merged_into, a.incident_id)       AS incident_id,
       coalesce(m.title, i.title)                   AS incident_title,
       a.match                                      AS match,
       a.match_score                                AS match_score,
       a.match_reasons                              AS match_reasons,
       a.roundup                                    AS roundup,
       (SELECT count(*) FROM articles k WHERE k.copy_of = a.id) AS copies,
       nullif(c.archive_url, '')                    AS archive_url,
       c.state                                      AS archive_state,
       a.label_state                                AS label_state,
       a.priority                                   AS priority,
       {version}                                    AS schema_version,
       nullif(w.state, 'unseen')                    AS link_state
  FROM articles a
  JOIN documents d ON d.article_id = a.id
  LEFT JOIN incidents i ON i.id = a.incident_id
  LEFT JOIN incidents m ON m.id = i.merged_into
  LEFT JOIN captures c ON c.article_id = a.id
  LEFT JOIN watches w ON w.article_id = a.id
 WHERE a.seq IS NOT NULL AND a.state = 'queued'
"""

INCIDENT_ARTICLES = """
CREATE VIEW incident_articles AS
SELECT coalesce(i.merged_into, i.id)                AS incident_id,
       coalesce(m.title, i.title)                   AS incident_title,
       a.id                                         AS article_id,
       a.copy_of                                    AS copy_of,
       {falsehood}                                  AS mention,
       a.url                                        AS url,
       d.title                                      AS title,
       d.language                                   AS language,
       d.publisher                                  AS publisher,
       d.country                                    AS country,
       d.published_at                               AS published_at,
       a.found_at                                   AS found_at,
       a.match                                      AS match,
       a.match_score                                AS match_score,
       a.match_reasons                              AS match_reasons,
       nullif(c.archive_url, '')                    AS archive_url,
       c.state                                      AS archive_state,
       {version}                                    AS schema_version,
       nullif(w.state, 'unseen')                    AS link_state
  FROM articles a
  JOIN documents d ON d.article_id = a.id
  JOIN incidents i ON i.id = a.incident_id
  LEFT JOIN incidents m ON m.id = i.merged_into
  LEFT JOIN captures c ON c.article_id = a.id
  LEFT JOIN watches w ON w.article_id = a.id
UNION ALL
SELECT coalesce(i.merged_into, i.id), coalesce(m.title, i.title), a.id, a.copy_of, {truth}, a.url, d.title,
       d.language, d.publisher, d.country, d.published_at, a.found_at, 'mention', n.score, a.match_reasons,
       nullif(c.archive_url, ''), c.state, {version}, nullif(w.state, 'unseen')
  FROM mentions n
  JOIN articles a ON a.id = n.article_id
  JOIN documents d ON d.article_id = a.id
  JOIN incidents i ON i.id = n.incident_id
  LEFT JOIN incidents m ON m.id = i.merged_into
  LEFT JOIN captures c ON c.article_id = a.id
  LEFT JOIN watches w ON w.article_id = a.id
"""

LABELS_CURRENT = """
CREATE VIEW labels_current AS
SELECT l.id                                         AS label_id,
       a.id                                         AS article_id,
       coalesce(a.copy_of, a.id)                    AS original_id,
       (a.id <> l.article_id)                       AS inherited,
       l.scheme                                     AS scheme,
       l.question                                   AS question,
       l.value                                      AS value,
       l.labeller                                   AS labeller,
       l.at                                         AS at,
       l.rationale                                  AS rationale,
       l.quote                                      AS quote,
       {version}                                    AS schema_version
  FROM articles a
  JOIN labels l ON l.article_id = a.id
                OR (l.article_id = a.copy_of
                    AND NOT EXISTS (SELECT 1 FROM labels o
                                     WHERE o.article_id = a.id AND o.scheme = l.scheme
                                       AND o.question = l.question AND NOT o.withdrawn))
 WHERE NOT l.withdrawn
   AND NOT EXISTS (SELECT 1 FROM labels n
                    WHERE n.article_id = l.article_id AND n.scheme = l.scheme AND n.question = l.question
                      AND n.labeller = l.labeller AND n.id > l.id AND NOT n.withdrawn)
"""

VIEWS = {
    "queued_articles": QUEUED_ARTICLES,
    "incident_articles": INCIDENT_ARTICLES,
    "labels_current": LABELS_CURRENT,
}


# the words of titles and texts, cut by domain/search_words.py; filled behind the decider, see store/search.py
SEARCH = {
    "sqlite": [
        "CREATE VIRTUAL TABLE search_texts USING fts5(title, body, content='', contentless_delete=1)",
    ],
    "postgresql": [
        "CREATE TABLE search_texts (article_id bigint PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX ix_search_texts_words ON search_texts USING gin (words)",
    ],
}


def create(dialect: str, version: int = SCHEMA_VERSION) -> list[str]:
    """Return the statements that make the views, and the index for search, on `sqlite` or `postgresql`."""
    words = {
        "version": version,
        "truth": "1" if dialect == "sqlite" else "true",
        "falsehood": "0" if dialect == "sqlite" else "false",
    }
    return [*(statement.format(**words) for statement in VIEWS.values()), *SEARCH[dialect]]


def drop() -> list[str]:
    """Return the statements that drop what `create` makes, before a table under it changes; search fills up again."""
    return [*(f"DROP VIEW IF EXISTS {name}" for name in reversed(VIEWS)), "DROP TABLE IF EXISTS search_texts"]
