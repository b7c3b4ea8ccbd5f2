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
#include "daemon/config/xinetd_service.h"

namespace minetd {
namespace {

/// xinetd's rule: no name with a dot in it, no backup. In byte order.
std::vector<std::string> entries_of(const std::string& directory) {
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory.c_str()), ::closedir);
    if (!dir) throw std::runtime_error(std::strerror(errno));
    std::vector<std::string> files;
    while (const dirent* entry = ::readdir(dir.get())) {
        const std::string name = entry->d_name;
        if (name.find('.') == std::string::npos && !name.ends_with('~'))
            files.push_back(directory + "/" + name);
    }
    std::sort(files.begin(), files.end());
    return files;
}

const std::string& id_of(const XinetdEntry& entry) {
    return entry.draft.spec.id.empty() ? entry.draft.spec.name : entry.draft.spec.id;
}

bool holds(const std::vector<Word>& ids, const std::string& id) {
    return std::any_of(ids.begin(), ids.end(),
                       [&](const Word& word) { return same_word(word.text, id); });
}

}  // namespace

void XinetdFiles::read(const std::shared_ptr<const Source>& source) {
    any_ = true;
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
    if (!services_.empty())
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
        for (const std::string& file : entries_of(directory)) open(file, statement, true);
    } catch (const std::runtime_error& error) {
        diagnostics_.error(statement.place.where(),
                           fmt::format("{} cannot be read: {}", directory, error.what()),
                           "its services are missing");
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
        return diagnostics_.error(where, fmt::format("{} cannot be read: {}", file, error.what()),
                                  "its services are missing");
    }
    if (text.empty()) return;
    read(std::make_shared<const Source>(file, std::move(text), diagnostics_));
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

std::vector<Draft> XinetdFiles::drafts() {
    std::vector<Draft> drafts;
    std::map<std::string, unsigned> named;
    for (const XinetdStatement& statement : services_) ++named[statement.name];
    for (XinetdStatement& statement : services_) {
        XinetdEntry entry(statement.place);
        entry.draft.spec.name = statement.name;
        entry.draft.inherit(defaults_.draft);
        entry.draft.spec.name = statement.name;
        entry.draft.spec.where = statement.place.where();
        entry.v6only = defaults_.v6only;
        if (statement.broken) entry.draft.break_it();
        XinetdSeen seen;
        for (XinetdSetting& setting : statement.settings) {
            if (!setting.fault.empty()) {
                diagnostics_.error(setting.place.where(), setting.fault, setting.advice);
                entry.draft.break_it();
            } else if (const XinetdAttribute* attribute =
                           accept_setting(setting, false, seen, diagnostics_)) {
                take_setting(entry, *attribute, setting, diagnostics_);
                if (entry.disabled) break;
            }
        }
        if (entry.disabled || !chosen(entry)) {
            left_out_.push_back(id_of(entry));
            continue;
        }
        settle_xinetd_service(entry, diagnostics_);
        // The name is unique natively; the id, which records are written under, need not be.
        if (named[statement.name] > 1 && entry.says("port") && !entry.draft.spec.tcpmux)
            entry.draft.spec.name = std::to_string(entry.draft.spec.port);
        drafts.push_back(std::move(entry.draft));
    }
    return drafts;
}

}  // namespace minetd
