// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_lines.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "daemon/config/values.h"
#include "daemon/config/xinetd_headings.h"

namespace minetd {
namespace {

using Kind = XinetdStatement::Kind;

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

bool opens_entry(std::string_view word) {
    const XinetdHeading* heading = xinetd_heading(word);
    return heading && heading->is_entry();
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
        const XinetdHeading* heading = xinetd_heading(line.words[0].text);
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
                near_xinetd_heading(line.words[0].text, true) +
                    "write `service NAME` or `defaults`");
        }
        if (xinetd_heading(line.words[0].text) == nullptr || heading->kind != Kind::defaults)
            name(statement, line, opened);
        else
            rest(statement, line, 1, opened);
        if (!heading || heading->is_entry()) {
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
                   : near_xinetd_heading(line.words[0].text, false) +
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
                if (line.words.empty() || xinetd_heading(line.words[0].text)) return;
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
            if (opens_entry(line.words[0].text) && line.words.size() <= 3 &&
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

}  // namespace minetd
