// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_files.h"

#include <dirent.h>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <stdexcept>
#include <utility>

#include "daemon/config/files.h"
#include "daemon/config/values.h"
#include "daemon/config/xinetd_advice.h"
#include "daemon/config/xinetd_recognition.h"
#include "daemon/config/xinetd_service.h"

namespace minetd {
namespace {

constexpr const char* advice_on_missing =
    "its services are missing; a reload leaves those that run as they are";

/// In byte order.
std::vector<std::string> names_in(const std::string& directory) {
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory.c_str()), ::closedir);
    if (!dir) throw std::runtime_error(std::strerror(errno));
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(dir.get())) names.emplace_back(entry->d_name);
    std::sort(names.begin(), names.end());
    return names;
}

/// xinetd's rule: no name with a dot in it, no backup.
bool is_included(std::string_view name) {
    return name.find('.') == name.npos && !name.ends_with('~');
}

/// Whether somebody may miss the services of this file, which its name keeps out.
bool is_missed(const std::string& file, std::string_view name) {
    if (is_backup(name) || name.starts_with('.')) return false;
    try {
        Diagnostics unheard;
        return is_xinetd(Source(file, read_text(file, true), unheard));
    } catch (const std::runtime_error&) {
        return false;
    }
}

/// An encrypted file, a program: one message is enough for all that is wrong with it.
bool is_binary(std::string_view text) {
    constexpr std::size_t looked_at = 4096;
    text = text.substr(0, looked_at);
    std::size_t odd = 0;
    for (const unsigned char c : text)
        if (c < 0x20 && std::string_view("\t\n\r\f").find(static_cast<char>(c)) == text.npos) ++odd;
    return text.find('\0') != text.npos || odd * 16 > text.size();
}

Where whole(const std::string& file) {
    Where where;
    where.file = std::make_shared<const std::string>(file);
    return where;
}

const std::string& id_of(const XinetdEntry& entry) {
    return entry.draft.spec.id.empty() ? entry.draft.spec.name : entry.draft.spec.id;
}

/// The name is unique natively; the id, which records are written under, need not be. What shares
/// its key is named by its port, or its program. Of a broken entry the key may be anything.
void tell_apart(std::vector<XinetdEntry>& entries) {
    std::map<std::string, unsigned> known;
    for (const XinetdEntry& entry : entries)
        ++known[entry.draft.broken() ? entry.draft.spec.name : entry.draft.spec.key()];
    for (XinetdEntry& entry : entries) {
        ServiceSpec& spec = entry.draft.spec;
        if (entry.draft.broken() || (known[spec.key()] == 1 && !known.contains(spec.name)))
            continue;
        if (spec.rpc.low != 0 && spec.rpc.number != 0)
            spec.rename(std::to_string(spec.rpc.number));
        else if (spec.rpc.low == 0 && entry.says("port") && !spec.tcpmux)
            spec.rename(std::to_string(spec.port));
    }
}

bool holds(const std::vector<Word>& ids, const std::string& id) {
    return std::any_of(ids.begin(), ids.end(),
                       [&](const Word& word) { return same_word(word.text, id); });
}

}  // namespace

void XinetdFiles::read(const std::shared_ptr<const Source>& source) {
    any_ = true;
    files_.insert(source->file());
    const std::string real = real_path(source->file());
    const bool outermost = open_.insert(real).second;
    bool has_defaults = false;
    for (const XinetdStatement& statement : read_xinetd_lines(source, diagnostics_))
        take(statement, source->file(), has_defaults);
    if (outermost) open_.erase(real);
}

void XinetdFiles::take(const XinetdStatement& statement, const std::string& file,
                       bool& has_defaults) {
    using Kind = XinetdStatement::Kind;
    switch (statement.kind) {
        case Kind::service:
            services_.push_back(statement);
            return;
        case Kind::include:
            if (!statement.broken) include(statement, file);
            return;
        case Kind::includedir:
            if (!statement.broken) include_directory(statement, file);
            return;
        case Kind::defaults:
            break;
    }
    const bool late =
        !services_.empty() &&
        std::any_of(statement.settings.begin(), statement.settings.end(),
                    [](const XinetdSetting& setting) { return copied_at_once(setting.name); });
    if (late)
        diagnostics_.warning(statement.place.where(),
                             "there are services above these defaults: xinetd takes no access list "
                             "and no record from here for them",
                             "they are for all services here; write defaults first");
    if (std::exchange(has_defaults, true))
        return diagnostics_.error(statement.place.where(),
                                  "there are defaults in this file already: these are left out",
                                  "write all of them in one place");
    take_defaults(statement);
}

void XinetdFiles::include(const XinetdStatement& statement, const std::string& from) {
    open(beside(from, statement.name), statement, false);
}

void XinetdFiles::include_directory(const XinetdStatement& statement, const std::string& from) {
    const std::string directory = beside(from, statement.name);
    try {
        for (const std::string& name : names_in(directory)) {
            const std::string file = directory + "/" + name;
            if (is_included(name))
                open(file, statement, true);
            else if (is_missed(file, name))
                diagnostics_.warning(whole(file), "this file is not read: its name has a dot in it",
                                     "xinetd does not read it either; give it a name without one");
        }
    } catch (const std::runtime_error& error) {
        missed(statement.place.where(),
               fmt::format("{} cannot be read: {}", directory, error.what()), advice_on_missing);
    }
}

void XinetdFiles::open(const std::string& file, const XinetdStatement& statement,
                       bool regular_only) {
    const Where where = statement.place.where();
    if (open_.contains(real_path(file)))
        return diagnostics_.warning(where,
                                    fmt::format("`{}` includes itself: it is not read again", file),
                                    "take this line out");
    std::string text;
    try {
        text = read_text(file, regular_only);
    } catch (const std::runtime_error& error) {
        if (regular_only && error.what() == std::string_view(std::strerror(EISDIR))) return;
        if (regular_only && error.what() == std::string_view("not a regular file"))
            return diagnostics_.warning(whole(file), "this is no regular file: it is not read",
                                        "as with xinetd");
        return missed(where, fmt::format("{} cannot be read: {}", file, error.what()),
                      advice_on_missing);
    }
    if (is_binary(text))
        return missed(whole(file), "this is no text: nothing of it is read",
                      "decrypt it, or take it out of this directory");
    if (text.empty())
        return diagnostics_.warning(whole(file), "there is nothing in this file", "remove it");
    read(std::make_shared<const Source>(file, std::move(text), diagnostics_));
}

/// The rest is read without it, and a reload takes it for no word on the services that it had.
void XinetdFiles::missed(const Where& where, std::string message, std::string advice) {
    incomplete_ = true;
    diagnostics_.error(where, std::move(message), std::move(advice));
}

void XinetdFiles::take_defaults(XinetdStatement statement) {
    if (statement.broken) defaults_.draft.break_it();
    for (XinetdSetting& setting : statement.settings) {
        if (!setting.fault.empty()) {
            diagnostics_.error(setting.place.where(), setting.fault, setting.advice);
            defaults_.draft.break_it();
            continue;
        }
        if (const XinetdAttribute* attribute =
                accept_setting(setting, true, seen_in_defaults_, diagnostics_)) {
            // Nothing is there that `=` could replace: all words of all lines count.
            if (attribute->list && setting.op == Operator::set && defaults_.says(attribute->name))
                setting.op = Operator::add;
            take_setting(defaults_, *attribute, setting, diagnostics_);
        }
    }
}

/// By `enabled` and `disabled`.
bool XinetdFiles::chosen(const XinetdEntry& entry) const {
    const std::string& id = id_of(entry);
    return (!defaults_.says("enabled") || holds(defaults_.enabled_ids, id)) &&
           !holds(defaults_.disabled_ids, id);
}

/// Wherever it stands: a reload is to know which service is broken.
void XinetdFiles::read_id(XinetdEntry& entry, const XinetdStatement& statement) {
    for (const XinetdSetting& setting : statement.settings)
        if (entry.draft.spec.id.empty() && setting.fault.empty() && same_word(setting.name, "id") &&
            setting.words.size() == 1)
            entry.draft.spec.id = setting.words[0].text;
}

/// Up to where xinetd would stop reading it: at `disable = yes`, or at a line that is no setting.
void XinetdFiles::read_entry(XinetdEntry& entry, XinetdStatement& statement) {
    if (statement.broken) entry.draft.break_it();
    XinetdSeen seen;
    for (XinetdSetting& setting : statement.settings) {
        if (diagnostics_.errors() >= most_errors_) return entry.draft.break_it();
        if (!setting.fault.empty()) {
            diagnostics_.error(setting.place.where(), setting.fault, setting.advice);
            entry.draft.break_it();
            statement.broken = true;
            return read_id(entry, statement);
        }
        const XinetdAttribute* attribute = accept_setting(setting, false, seen, diagnostics_);
        if (attribute) take_setting(entry, *attribute, setting, diagnostics_);
        if (entry.disabled) return;
    }
}

/// Ids that nobody has.
void XinetdFiles::tell_unknown(const std::vector<Draft>& drafts) const {
    std::vector<std::string_view> known(left_out_.begin(), left_out_.end());
    for (const Draft& draft : drafts) known.push_back(draft.spec.id);
    const auto tell = [&](std::string_view name, const std::vector<Word>& ids) {
        for (const Word& id : ids) {
            if (std::any_of(known.begin(), known.end(),
                            [&](std::string_view one) { return same_word(one, id.text); }))
                continue;
            diagnostics_.warning(defaults_.where(name),
                                 fmt::format("{}: no service has the id `{}`", name, id.text),
                                 did_you_mean(id.text, known));
        }
    };
    tell("enabled", defaults_.enabled_ids);
    tell("disabled", defaults_.disabled_ids);
}

std::vector<Draft> XinetdFiles::drafts() {
    std::vector<XinetdEntry> entries = read_entries();
    tell_apart(entries);
    std::vector<Draft> drafts;
    for (XinetdEntry& entry : entries) drafts.push_back(std::move(entry.draft));
    if (diagnostics_.errors() < most_errors_) tell_unknown(drafts);
    return drafts;
}

/// Those that are not left out.
std::vector<XinetdEntry> XinetdFiles::read_entries() {
    std::vector<XinetdEntry> entries;
    XinetdAdvice advice(defaults_, diagnostics_);
    for (XinetdStatement& statement : services_) {
        if (diagnostics_.errors() >= most_errors_) break;
        XinetdEntry entry(statement.place);
        entry.draft.spec.name = statement.name;
        entry.draft.inherit(defaults_.draft);
        entry.draft.spec.name = statement.name;
        entry.draft.spec.where = statement.place.where();
        entry.v6only = defaults_.v6only;
        read_entry(entry, statement);
        if (entry.disabled || !chosen(entry)) {
            left_out_.push_back(id_of(entry));
            continue;
        }
        // Of an entry that ends too early nothing is missing that could be told.
        Diagnostics unheard;
        settle_xinetd_service(entry, statement.broken ? unheard : diagnostics_);
        if (statement.broken) entry.draft.plain_key = false;
        if (!entry.draft.broken()) advice.give(entry);
        entry.draft.by_id = true;
        entries.push_back(std::move(entry));
    }
    return entries;
}

}  // namespace minetd
