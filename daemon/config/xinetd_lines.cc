// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_lines.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "daemon/config/lines.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

using Kind = XinetdStatement::Kind;

struct Heading {
    std::string_view word;
    Kind kind;
};
constexpr Heading headings[] = {{"service", Kind::service},
                                {"defaults", Kind::defaults},
                                {"include", Kind::include},
                                {"includedir", Kind::includedir}};

const Heading* heading_of(std::string_view word) {
    if (word.size() > 1 && word.ends_with('{')) word.remove_suffix(1);
    for (const Heading& heading : headings)
        if (same_word(heading.word, word)) return &heading;
    return nullptr;
}

/// "did you mean `service`? ", or nothing.
std::string near_heading(std::string_view word, bool entries_only) {
    if (word.ends_with('{')) word.remove_suffix(1);
    std::vector<std::string_view> names;
    for (const Heading& heading : headings)
        if (!entries_only || heading.kind == Kind::service || heading.kind == Kind::defaults)
            names.push_back(heading.word);
    const std::string hint = did_you_mean(word, names);
    return hint.empty() ? "" : hint + " ";
}

constexpr std::string_view blanks = " \t\f";

/// A brace, and maybe a comment behind it.
bool is_opening(std::string_view text) {
    if (!text.starts_with('{')) return false;
    const std::size_t next = text.find_first_not_of(blanks, 1);
    return next == text.npos || text[next] == '#';
}

bool is_entry(const Heading* heading) {
    return heading && (heading->kind == Kind::service || heading->kind == Kind::defaults);
}

/// Of the operator that the text begins with; 0 without one.
std::size_t operator_length(std::string_view text) {
    return text.starts_with('=') ? 1 : text.starts_with("+=") || text.starts_with("-=") ? 2 : 0;
}

/// A physical line that says something.
struct Line {
    std::shared_ptr<LogicalLine> text;
    std::vector<Word> words;
};

/// The next line that is neither blank nor a comment; its words are empty at the end.
Line next_line(const std::shared_ptr<const Source>& source, std::size_t& index) {
    while (index < source->size()) {
        Line line;
        line.text = std::make_shared<LogicalLine>(source);
        line.text->append(source->line(index).text, index, 0);
        ++index;
        Diagnostics unheard;
        bool failed = false;
        line.words = split(*line.text, Quotes::ordinary, false, unheard, failed);
        if (!line.words.empty() && line.words[0].text[0] != '#') return line;
    }
    return {};
}

// -- files that may be another's

/// What a physical line says, without the blanks around it; empty: nothing.
std::string_view said_in(const Source& source, std::size_t index) {
    std::string_view text = source.line(index).text;
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    text = text.substr(0, text.find_last_not_of(blanks) + 1);
    return text.starts_with('#') ? std::string_view() : text;
}

std::string_view first_word(std::string_view text) {
    return text.substr(0, text.find_first_of(" \t\f{"));
}

/// What stands behind the first word.
std::string_view behind_first_word(std::string_view text) {
    text.remove_prefix(first_word(text).size());
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text;
}

std::string_view name_in(std::string_view heading) {
    return first_word(behind_first_word(heading));
}

/// A line of an inetd has the type of a socket for its second field.
bool is_native(std::string_view text) {
    static constexpr std::string_view types[] = {"stream", "dgram", "raw", "rdm", "seqpacket"};
    const std::string_view second = first_word(behind_first_word(text));
    return section_header(text) || text.starts_with(".include") ||
           (is_key_value(text) && text.find_first_of("=;") != text.npos) ||
           std::any_of(std::begin(types), std::end(types),
                       [&](std::string_view type) { return second.starts_with(type); });
}

struct Found {
    enum class Kind : std::uint8_t { none, native, xinetd };
    Kind kind = Kind::none;
    const Heading* heading = nullptr;  ///< of xinetd's
    std::size_t first = 0, last = 0;   ///< its lines, up to the brace
};

/// The next one that is known for whose it is, from this line on, and what is behind it.
Found next_statement(const Source& source, std::size_t& index) {
    std::size_t before = source.size();  // the last line that says something
    bool inside = false;                 // braces whose heading nobody knows
    while (index < source.size()) {
        const std::size_t at = index++;
        const std::string_view text = said_in(source, at);
        if (text.empty()) continue;
        if (inside) {
            inside = !text.starts_with('}');
            continue;
        }
        const bool brace = is_opening(text);
        const std::size_t first = brace && before < source.size() ? before : at;
        const std::string_view line = said_in(source, first);
        const Heading* heading = heading_of(first_word(line));
        const bool opens = brace || line.ends_with('{');
        const std::string_view rest = behind_first_word(line);
        // An inetd's line has six fields; an include has two.
        const bool includes = heading && !is_entry(heading) && rest.starts_with('/') &&
                              rest.find_first_of(blanks) == rest.npos;
        if (includes || (is_entry(heading) && opens))
            return {Found::Kind::xinetd, heading, first, at};
        if (!heading && !opens && is_native(text)) return {Found::Kind::native, nullptr, at, at};
        inside = opens;
        before = at;
    }
    return {};
}

/// The last line of an entry whose brace is in this one; `index` is the line behind it.
std::size_t end_of_entry(const Source& source, std::size_t brace, std::size_t& index) {
    for (index = brace + 1; index < source.size(); ++index) {
        const std::string_view text = said_in(source, index);
        if (text.starts_with('}')) return index++;
        const Heading* heading = heading_of(first_word(text));
        if (is_native(text) || (is_entry(heading) && text.find('=') == text.npos)) break;
    }
    return index - 1;
}

class StatementReader {
  public:
    StatementReader(const std::shared_ptr<const Source>& source, Diagnostics& diagnostics)
        : source_(source), diagnostics_(diagnostics) {}

    std::vector<XinetdStatement> run() {
        for (Line line = next(); !line.words.empty(); line = next()) {
            if (line.text->damaged())
                lost_ = true;  // that was reported
            else
                statement(line);
        }
        return std::move(statements_);
    }

  private:
    Line next() { return next_line(source_, index_); }

    static Place place(const Line& line, std::size_t word = 0) {
        return {line.text, line.words[word].offset};
    }

    void warn(const Place& place, std::string message, std::string advice) {
        diagnostics_.warning(place.where(), std::move(message), std::move(advice));
    }

    void refuse(XinetdStatement& statement, const Place& place, std::string message,
                std::string advice) {
        statement.broken = true;
        diagnostics_.error(place.where(), std::move(message), std::move(advice));
    }

    /// Whether the line after this one opens an entry.
    bool brace_follows() const {
        std::size_t index = index_;
        const Line line = next_line(source_, index);
        return !line.words.empty() && line.words[0].text == "{";
    }

    void statement(const Line& line) {
        const Heading* heading = heading_of(line.words[0].text);
        if (!heading && !brace_follows() && line.words[0].text != "{") return junk(line);
        lost_ = false;
        XinetdStatement statement;
        statement.place = place(line);
        if (heading) statement.kind = heading->kind;
        bool opened = line.words[0].text.ends_with('{');
        if (line.words[0].text == "{") {
            refuse(statement, place(line), "there is no `service` above this brace",
                   "write `service NAME` in the line before it");
        } else if (!heading) {
            refuse(
                statement, place(line),
                fmt::format("`{}` is not how an entry begins: it is left out", line.words[0].text),
                near_heading(line.words[0].text, true) + "write `service NAME` or `defaults`");
        }
        if (heading_of(line.words[0].text) == nullptr || heading->kind != Kind::defaults)
            name(statement, line, opened);
        else
            rest(statement, line, 1, opened);
        if (!heading || is_entry(heading)) {
            if (opened && line.words[0].text != "{")
                warn(statement.place, "the brace stands in the line of its entry: xinetd drops it",
                     "that is accepted; write { in a line of its own");
            entry(statement, opened);
        }
        statements_.push_back(std::move(statement));
    }

    /// Lines between entries that say nothing. xinetd skips all up to the next closing brace.
    void junk(const Line& line) {
        if (std::exchange(lost_, true)) return;
        const bool closes = line.words[0].text.starts_with('}');
        diagnostics_.error(
            place(line).where(),
            closes ? "no entry is open here" : "this is no statement of xinetd",
            closes ? std::string("take this brace out, or see which line above it is missing")
                   : near_heading(line.words[0].text, false) +
                         "entries begin with `service NAME` or `defaults`; xinetd "
                         "skips the next entry too, minetd reads on");
    }

    void name(XinetdStatement& statement, const Line& line, bool& opened) {
        std::size_t next = 1;
        if (line.words.size() > 1 && line.words[1].text != "{" && line.words[1].text[0] != '#') {
            statement.name = line.words[next++].text;
            if (is_block(statement) && statement.name.size() > 1 && statement.name.ends_with('{')) {
                statement.name.pop_back();
                opened = true;
            }
        } else if (!statement.broken) {
            refuse(statement, place(line),
                   is_block(statement) ? "this service has no name" : "there is no path here",
                   is_block(statement) ? "write `service NAME`" : "write the path behind it");
        }
        rest(statement, line, next, opened);
    }

    static bool is_block(const XinetdStatement& statement) {
        return statement.kind == Kind::service || statement.kind == Kind::defaults;
    }

    /// What follows the heading in its line.
    void rest(const XinetdStatement& statement, const Line& line, std::size_t next, bool& opened) {
        if (line.words.size() == next) return;
        if (line.words[next].text == "{" && is_block(statement)) {
            opened = true;
            if (++next == line.words.size()) return;
        }
        if (!statement.broken)
            warn(place(line, next), "what follows in this line is not read",
                 "write comments in lines of their own");
    }

    /// The braces and what is between them.
    void entry(XinetdStatement& statement, bool opened) {
        if (!opened) {
            const std::size_t before = index_;
            const Line line = next();
            const bool brace = !line.words.empty() && line.words[0].text == "{";
            if (!brace) {
                index_ = before;
                refuse(statement, statement.place, "there is no { in the line below this",
                       "write it there, alone");
                if (line.words.empty() || heading_of(line.words[0].text)) return;
            } else if (line.words.size() > 1) {
                if (line.words[1].text[0] == '#')
                    warn(place(line, 1),
                         "xinetd takes no comment behind a brace, and drops this "
                         "entry",
                         "that is accepted; write the comment in a line of its own");
                else
                    refuse(statement, place(line, 1), "something follows the brace in its line",
                           "write each setting in a line of its own");
            }
        }
        for (std::size_t before = index_;; before = index_) {
            const Line line = next();
            if (line.words.empty()) break;
            if (line.text->damaged()) {
                statement.broken = true;
                continue;
            }
            if (line.words[0].text.starts_with('}')) return close(statement, line);
            if (is_entry(heading_of(line.words[0].text)) && line.words.size() <= 3 &&
                (brace_follows() || line.words.back().text.ends_with('{'))) {
                index_ = before;
                break;
            }
            statement.settings.push_back(setting(line));
        }
        refuse(statement, statement.place, "this entry has no end: it is left out",
               "write } in a line below its last setting");
    }

    void close(XinetdStatement& statement, const Line& line) {
        if (line.words.size() == 1 && line.words[0].text == "}") return;
        const bool comment = line.words[0].text == "}" && line.words[1].text[0] == '#';
        if (comment)
            warn(place(line),
                 "xinetd takes no comment behind a brace, and drops this entry and "
                 "the next",
                 "that is accepted; write the comment in a line of its own");
        else
            refuse(statement, place(line), "something follows the brace in its line",
                   "write } in a line of its own");
    }

    XinetdSetting setting(const Line& line) const {
        const std::string_view text = line.text->text();
        const std::size_t start = line.words[0].offset;
        std::size_t end = start;
        while (end < text.size() &&
               (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
            ++end;
        // Whatever stands apart from the operator is the name, known or not.
        if (line.words.size() > 1 && operator_length(line.words[1].text) > 0 &&
            line.words[0].text.find('=') == std::string::npos)
            end = start + line.words[0].text.size();
        XinetdSetting setting;
        setting.place = {line.text, start};
        setting.name = std::string(text.substr(start, end - start));
        std::size_t next = end;
        while (next < text.size() && is_blank(text[next])) ++next;
        setting.joined = next == end;
        const std::size_t length = operator_length(text.substr(next));
        if (length == 2) setting.op = text[next] == '+' ? Operator::add : Operator::remove;
        if (length == 0 || end == start) {
            setting.fault = "this is no setting: there is no `name = value` in it";
            setting.advice =
                "xinetd drops the entry. A value cannot go on in another line: write "
                "it in one, and comments behind # in lines of their own";
            return setting;
        }
        next += length;
        // Read on in the same line, so that offsets stay what they are.
        auto value = std::make_shared<LogicalLine>(source_);
        value->append(std::string(next, ' ') + std::string(text.substr(next)),
                      static_cast<std::size_t>(line.text->where(0).line) - 1, 0);
        Diagnostics unheard;
        bool failed = false;
        setting.words = split(*value, Quotes::ordinary, false, unheard, failed);
        setting.value = std::move(value);
        return setting;
    }

    const std::shared_ptr<const Source>& source_;
    Diagnostics& diagnostics_;
    std::size_t index_ = 0;
    std::vector<XinetdStatement> statements_;
    bool lost_ = false;  ///< between statements, and that was said
};

}  // namespace

std::vector<XinetdStatement> read_xinetd_lines(const std::shared_ptr<const Source>& source,
                                               Diagnostics& diagnostics) {
    return StatementReader(source, diagnostics).run();
}

bool is_xinetd(const Source& source) {
    std::size_t index = 0, its = 0, natives = 0;
    for (Found found = next_statement(source, index); found.kind != Found::Kind::none;
         found = next_statement(source, index)) {
        if (found.kind == Found::Kind::native && its == 0) return false;
        ++(found.kind == Found::Kind::native ? natives : its);
        if (is_entry(found.heading)) end_of_entry(source, found.last, index);
    }
    return its > 0 && its >= natives;
}

std::vector<PastedStatement> pasted_statements(const Source& source) {
    std::vector<PastedStatement> pasted;
    for (std::size_t index = 0;;) {
        const Found found = next_statement(source, index);
        if (found.kind == Found::Kind::none) return pasted;
        if (found.kind == Found::Kind::native) continue;
        PastedStatement statement{.first = found.first,
                                  .last = found.last,
                                  .kind = found.heading->kind,
                                  .name = std::string(name_in(said_in(source, found.first)))};
        if (is_entry(found.heading)) statement.last = end_of_entry(source, found.last, index);
        pasted.push_back(std::move(statement));
    }
}

}  // namespace minetd
