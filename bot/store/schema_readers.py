"""Version 2: what readers are answered from: the full text of headlines, searches, reactions, choices.

The index holds exactly the headlines that readers may see, whoever changes them: triggers keep it, in the
same transaction. It keeps no copy of the words (`search` has external content), so a row is taken out with
the very words it was put in with, which is why one trigger does both. `contentless_delete` would be simpler,
but needs SQLite 3.43.
"""

from __future__ import annotations

# (row, in the index): what `search` holds of a headline named `old` or `new`.
_WORDS = "{row}.id, {row}.title, {row}.kicker || ' · ' || {row}.also, {row}.reporter, {row}.lead"
_SHOWN = "{row}.withdrawn_at IS NULL AND {row}.hidden = 0"
_ALSO = """(SELECT ifnull(group_concat(category, ' · '), '') FROM
    (SELECT DISTINCT category FROM headline_feeds WHERE headline_id = {id} AND category <> '' ORDER BY category))"""
_COMPARED = "title, kicker, also, reporter, lead, withdrawn_at, hidden"


def _of(row: str, text: str) -> str:
    return text.format(row=row)


def _row(row: str) -> str:
    return "(" + ", ".join(f"{row}.{column}" for column in _COMPARED.split(", ")) + ")"


VERSION_2 = f"""
-- Categories that feeds have added to a headline's own kicker, for the search.
ALTER TABLE headlines ADD COLUMN also TEXT NOT NULL DEFAULT '';
UPDATE headlines SET also = {_ALSO.format(id="headlines.id")}
WHERE EXISTS (SELECT 1 FROM headline_feeds f
    WHERE f.headline_id = headlines.id AND f.category <> '' AND f.category <> headlines.kicker);

CREATE VIEW shown_words AS
SELECT id, title, kicker || ' · ' || also AS category, reporter, lead FROM headlines
WHERE withdrawn_at IS NULL AND hidden = 0;

-- Of a prefix of three or four letters the newest matches are read off an index of its own; a longer one
-- has so few words that they are gathered in time.
CREATE VIRTUAL TABLE search USING fts5 (title, category, reporter, lead, content='shown_words', content_rowid='id',
    tokenize='unicode61 remove_diacritics 2', prefix='3 4');
INSERT INTO search (search) VALUES ('rebuild');

CREATE TRIGGER words_known AFTER INSERT ON headlines WHEN {_of("new", _SHOWN)}
BEGIN
    INSERT INTO search (rowid, title, category, reporter, lead) VALUES ({_of("new", _WORDS)});
END;
CREATE TRIGGER words_changed AFTER UPDATE OF {_COMPARED} ON headlines WHEN {_row("old")} IS NOT {_row("new")}
BEGIN
    INSERT INTO search (search, rowid, title, category, reporter, lead)
    SELECT 'delete', {_of("old", _WORDS)} WHERE {_of("old", _SHOWN)};
    INSERT INTO search (rowid, title, category, reporter, lead) SELECT {_of("new", _WORDS)} WHERE {_of("new", _SHOWN)};
END;
CREATE TRIGGER category_added AFTER INSERT ON headline_feeds WHEN new.category <> ''
BEGIN
    UPDATE headlines SET also = {_ALSO.format(id="new.headline_id")}
    WHERE id = new.headline_id AND kicker <> new.category;
END;
CREATE TRIGGER category_changed AFTER UPDATE OF category ON headline_feeds WHEN new.category <> old.category
BEGIN
    UPDATE headlines SET also = {_ALSO.format(id="new.headline_id")} WHERE id = new.headline_id;
END;

-- What was looked for, by nobody in particular: a search does not fit into a button.
CREATE TABLE searches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,    -- a button must never come to mean another search
    words TEXT NOT NULL,
    upto INTEGER NOT NULL,                   -- the newest headline of that time
    at INTEGER NOT NULL,
    UNIQUE (words, upto)
);
CREATE INDEX searches_by_time ON searches (at);

-- Reactions to our posts, as last told: totals, by message.
CREATE TABLE reactions (
    chat_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    headline_id INTEGER NOT NULL REFERENCES headlines (id),
    total INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (chat_id, message_id)
) WITHOUT ROWID;
-- What readers did, by the minute (since 1970): reactions more or fewer than before, inline results chosen.
CREATE TABLE deeds (
    minute INTEGER NOT NULL,
    headline_id INTEGER NOT NULL REFERENCES headlines (id),
    count INTEGER NOT NULL,
    PRIMARY KEY (minute, headline_id)
) WITHOUT ROWID;

-- What a reader or a group (ids below zero) chose. Who chose nothing is not here.
CREATE TABLE readers (
    id INTEGER PRIMARY KEY,
    language TEXT NOT NULL,
    at INTEGER NOT NULL
);
"""  # noqa: S608 - built of constants

FIGURES = """
-- The operator's page reads thousands of the newest posts: which headline each is stands in the index itself.
DROP INDEX deliveries_sent;
CREATE INDEX deliveries_sent ON deliveries (sent_at, headline_id) WHERE sent_at IS NOT NULL;

-- Reactions by chat and hour (since 1970): more or fewer than before. Of those told before this table was here,
-- the last word on each post stands for all.
CREATE TABLE reactions_by_hour (
    hour INTEGER NOT NULL,
    chat_id INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (hour, chat_id)
) WITHOUT ROWID;
INSERT INTO reactions_by_hour (hour, chat_id, count)
SELECT at / 3600000000, chat_id, sum(total) FROM reactions GROUP BY 1, 2;
"""
