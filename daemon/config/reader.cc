// SPDX-License-Identifier: ISC
#include "daemon/config/reader.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "daemon/config/files.h"
#include "daemon/config/key_values.h"
#include "daemon/config/values.h"
#include "daemon/config/xinetd_recognition.h"

namespace minetd {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace

/// What an included file inherits and a sibling does not see.
struct Reader::Scope {
    std::string file;
    std::string hosts = "*";
    Where ipsec;                      ///< the `#@` line in force; no line: none
    const Scope* includer = nullptr;  ///< innermost last
};

void Reader::read_file(const std::string& file) {
    const Scope none;
    open(file, {}, none, false);
}

void Reader::read_text(std::string_view text, const std::string& file) {
    Scope scope;
    scope.file = file;
    seen_.insert(real_path(file));
    read(std::make_shared<Source>(file, std::string(text), diagnostics_), scope);
}

void Reader::read_drop_ins(const std::string& directory) {
    try {
        for (const std::string& file : drop_ins(directory)) {
            const Scope none;
            open(file, {}, none, true);
        }
    } catch (const std::runtime_error& error) {
        give_up(directory, fmt::format("the drop-ins cannot be read: {}", error.what()),
                "give minetd the right to read this directory");
    }
}

void Reader::settle() {
    complete = xinetd.drafts();
    if (xinetd.any() && too_many()) return;
    if (xinetd.unsound())
        give_up({}, "xinetd's defaults are broken, and every service goes by them",
                "correct the errors that are told above");
}

void Reader::read_beside(const std::string& inetd_conf) {
    if (::access(inetd_conf.c_str(), F_OK) != 0) return;
    Reader beside(rules_of(Dialect::inetd_debian), diagnostics_);
    beside.read_file(inetd_conf);
    fatal = fatal || beside.fatal;
    const auto id = [](const Draft& draft) -> const std::string& {
        return draft.spec.id.empty() ? draft.spec.name : draft.spec.id;
    };
    std::vector<std::string> known = xinetd.left_out();
    for (const auto* list : {&drafts, &complete})
        for (const Draft& draft : *list) known.push_back(id(draft));
    for (Draft& line : beside.drafts) {
        if (std::any_of(known.begin(), known.end(),
                        [&](const std::string& one) { return same_word(one, id(line)); }))
            continue;
        if (xinetd.any()) {
            line.inherit(xinetd.defaults());
            line.spec.groups = true;  // as with xinetd, whatever its defaults say
        }
        (xinetd.any() ? complete : drafts).push_back(std::move(line));
    }
    files.merge(beside.files);
    std::move(beside.sections.begin(), beside.sections.end(), std::back_inserter(sections));
}

void Reader::give_up(const std::string& file, std::string message, std::string advice) {
    fatal = true;
    Where where;
    where.file = std::make_shared<const std::string>(file);
    diagnostics_.error(where, std::move(message), std::move(advice));
}

bool Reader::too_many() {
    if (diagnostics_.errors() < most_errors) return false;
    if (!told_too_many_)
        give_up({}, fmt::format("after {} errors the rest is not read", diagnostics_.errors()),
                "check that this is the right file");
    told_too_many_ = true;
    return true;
}

void Reader::open(const std::string& file, const Where& from, const Scope& scope,
                  bool regular_only) {
    const std::string real = real_path(file);
    for (const Scope* above = &scope; above; above = above->includer)
        if (!above->file.empty() && real_path(above->file) == real) {
            diagnostics_.warning(from,
                                 fmt::format("`{}` includes itself: it is not read again", file),
                                 "take this .include out");
            return;
        }
    if (!seen_.insert(real).second) {
        diagnostics_.warning(from, fmt::format("`{}` was read before: it is not read again", file),
                             "include each file once");
        return;
    }
    std::string text;
    try {
        text = minetd::read_text(file, regular_only);
    } catch (const std::runtime_error& error) {
        const std::string place = from.str();
        give_up(file,
                fmt::format("it cannot be read: {}{}", error.what(),
                            place.empty() ? "" : " (included at " + place + ")"),
                std::string_view(error.what()) == "Is a directory"
                    ? "name a file, or DIRECTORY/*.conf with .include"
                    : "check its name and its permissions");
        return;
    }
    Scope inner = scope;
    inner.file = file;
    inner.includer = &scope;
    read(std::make_shared<Source>(file, std::move(text), diagnostics_), inner);
}

void Reader::read_xinetd(const std::shared_ptr<const Source>& source) {
    const Dialect dialect = rules_.dialect;
    if (dialect == Dialect::automatic || dialect == Dialect::xinetd) return xinetd.read(source);
    give_up(source->file(), "this is a file of xinetd",
            fmt::format("leave `--dialect {}` out, or write --dialect xinetd", rules_.name));
}

/// Each is one mistake, whatever its lines would be natively, and the service that it is about
/// stays what it is.
void Reader::leave_out_pasted(const std::shared_ptr<Source>& source) {
    for (const PastedStatement& pasted : pasted_statements(*source)) {
        using Kind = XinetdStatement::Kind;
        const bool includes = pasted.kind == Kind::include || pasted.kind == Kind::includedir;
        diagnostics_.error(
            source->where(pasted.first),
            fmt::format("xinetd {} in a native file: it is left out",
                        includes ? "include" : "entry"),
            includes ? "write .include, with a pattern for a directory"
            : pasted.kind == Kind::defaults
                ? "write what it says in [defaults]"
                : "put it in a file of its own, and write .include FILE here, or what --dump "
                  "makes of it");
        auto line = std::make_shared<LogicalLine>(source);
        line->append(source->line(pasted.first).text, pasted.first, 0);
        source->blank(pasted.first, pasted.last);
        if (pasted.kind != Kind::service || pasted.name.empty()) continue;
        Draft& draft = drafts.emplace_back(Place{std::move(line), 0});
        Diagnostics unheard;
        draft.assign("service", pasted.name, draft.place(), unheard);
        draft.plain_key = false;
        draft.break_it();
    }
}

void Reader::read(const std::shared_ptr<Source>& source, Scope& scope) {
    files.insert(source->file());
    if (rules_.dialect == Dialect::xinetd || is_xinetd(*source)) return read_xinetd(source);
    leave_out_pasted(source);
    LineReader lines(source, rules_, diagnostics_);
    read_lines(lines, scope);
    if (too_many()) return;
    for (std::size_t line = 0; line < lines.position(); ++line)
        if (const auto name = minetd::commented_out(source->line(line).text))
            commented_out.emplace(*name);
    for (Section& section : read_sections(source, lines.position(), diagnostics_)) {
        if (too_many()) return;
        if (!section.include) {
            sections.push_back(std::move(section));
            continue;
        }
        bool failed = false;
        const LogicalLine& value = *section.settings[0].value;
        include(split(value, Quotes::anywhere, true, diagnostics_, failed), value, scope);
    }
}

void Reader::read_lines(LineReader& lines, Scope& scope) {
    while (const std::shared_ptr<LogicalLine> line = lines.next()) {
        if (too_many()) return;
        const std::string_view text = line->text();
        if (text.starts_with("#@")) {
            scope.ipsec = {};
            if (trimmed(text.substr(2)).empty()) continue;
            scope.ipsec = line->where(0);
            diagnostics_.error(
                scope.ipsec,
                "minetd cannot enforce an IPsec policy: the services below are left out",
                "set the policy with the system's IPsec daemon and take this line out, or end "
                "its reach with a line `#@`");
            continue;
        }
        record(line, lines, scope);
    }
}

void Reader::record(const std::shared_ptr<LogicalLine>& line, LineReader& lines, Scope& scope) {
    // What is damaged was reported; it is read on only to know which service it is about.
    Diagnostics unheard;
    Diagnostics& heard = line->damaged() ? unheard : diagnostics_;
    const LineContext context{rules_, scope.hosts};
    if (is_key_value(line->text())) {
        drafts.push_back(read_key_values(line, lines, context, heard));
    } else {
        bool failed = false;
        std::vector<Word> words = split(*line, rules_.quotes, false, heard, failed);
        if (words.empty()) return;
        if (words[0].text == ".include") {
            const LogicalLine& text = *line;
            words.erase(words.begin());
            return include(words, text, scope);
        }
        if (words.size() == 1 && words[0].text.ends_with(':') && words[0].text.size() > 1) {
            scope.hosts = words[0].text.substr(0, words[0].text.size() - 1);
            Draft probe(Place{line, words[0].offset});
            probe.assign("bind", scope.hosts, probe.place(), diagnostics_);
            return;
        }
        drafts.push_back(read_record(line, std::move(words), context, heard));
        if (failed) drafts.back().break_it();
    }
    Draft& draft = drafts.back();
    if (line->damaged()) draft.break_it();
    if (scope.ipsec.line > 0) {
        draft.break_it();
        diagnostics_.error(
            draft.where(),
            fmt::format("this service is left out, since the IPsec policy of {} is for it",
                        scope.ipsec.str()),
            {});
    }
}

void Reader::include(const std::vector<Word>& words, const LogicalLine& line, const Scope& scope) {
    const Where where = line.where(words.empty() ? 0 : words[0].offset);
    if (words.size() != 1) {
        diagnostics_.error(where, ".include takes one path",
                           "put quotes around a path with blanks");
        return;
    }
    const std::string pattern = beside(scope.file, words[0].text);
    for (const std::string& file : matching(pattern)) {
        if (too_many()) return;
        open(file, where, scope, true);
    }
}

}  // namespace minetd
