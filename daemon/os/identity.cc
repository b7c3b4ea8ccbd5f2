// SPDX-License-Identifier: ISC
#include "daemon/os/identity.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <stdexcept>

#include "daemon/os/system_error.h"

namespace minetd {
namespace {

std::optional<unsigned> as_number(const std::string& text) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

gid_t find_group(const std::string& name) {
    if (const group* entry = ::getgrnam(name.c_str())) return entry->gr_gid;
    if (const auto number = as_number(name)) return *number;
    throw std::runtime_error("unknown group `" + name + "'");
}

/// Already what this process is, to the last supplementary group.
bool is_own(const Identity& identity) {
    uid_t ruid, euid, suid;
    gid_t rgid, egid, sgid;
    if (::getresuid(&ruid, &euid, &suid) < 0 || ::getresgid(&rgid, &egid, &sgid) < 0) return false;
    for (const uid_t uid : {ruid, euid, suid})
        if (uid != identity.uid) return false;
    for (const gid_t gid : {rgid, egid, sgid})
        if (gid != identity.gid) return false;
    std::vector<gid_t> own(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
    if (::getgroups(static_cast<int>(own.size()), own.data()) < 0) return false;
    // The own group counts whether it is listed or not.
    const std::set<gid_t> has(own.begin(), own.end());
    std::set<gid_t> wants(identity.groups.begin(), identity.groups.end());
    for (const gid_t group : has) {
        if (!wants.contains(group) && group != identity.gid) return false;
    }
    wants.erase(identity.gid);
    return std::includes(has.begin(), has.end(), wants.begin(), wants.end());
}

}  // namespace

Identity resolve_identity(const std::string& user, const std::string& group, bool supplementary) {
    Identity identity;
    const bool privileged = ::geteuid() == 0;
    const passwd* entry = nullptr;
    if (user.empty()) {
        entry = ::getpwuid(::geteuid());
        identity.uid = ::geteuid();
        identity.gid = ::getegid();
    } else if ((entry = ::getpwnam(user.c_str())) == nullptr) {
        const auto number = as_number(user);
        if (!number) throw std::runtime_error("unknown user `" + user + "'");
        // As xinetd: a bare number without an entry is the group's number too.
        identity.uid = *number;
        identity.gid = *number;
        entry = ::getpwuid(*number);
    }
    if (entry != nullptr) {
        identity.uid = entry->pw_uid;
        identity.gid = entry->pw_gid;
        identity.user = entry->pw_name;
        identity.home = entry->pw_dir;
        identity.shell = entry->pw_shell;
    } else {
        identity.user = std::to_string(identity.uid);
    }
    if (!group.empty()) identity.gid = find_group(group);

    if (supplementary && entry != nullptr) {
        int count = 64;
        identity.groups.resize(static_cast<std::size_t>(count));
        if (::getgrouplist(identity.user.c_str(), identity.gid, identity.groups.data(), &count) <
            0) {
            identity.groups.resize(static_cast<std::size_t>(count));
            ::getgrouplist(identity.user.c_str(), identity.gid, identity.groups.data(), &count);
        }
        identity.groups.resize(static_cast<std::size_t>(count));
    }
    identity.change = privileged && !is_own(identity);
    return identity;
}

Identity own_identity() {
    if (::geteuid() != 0) return resolve_identity("", "", false);
    const char* const own = "minetd";
    return resolve_identity(::getpwnam(own) != nullptr ? own : "nobody", "", false);
}

void assume_identity(const Identity& identity) {
    if (!identity.change) return;
    if (::setgid(identity.gid) < 0) throw_errno("setgid");
    if (::setgroups(identity.groups.size(), identity.groups.data()) < 0) throw_errno("setgroups");
    if (::setuid(identity.uid) < 0) throw_errno("setuid");
    if (identity.uid != 0 && ::setuid(0) == 0) throw_errno("setuid left a way back", EPERM);
}

}  // namespace minetd
