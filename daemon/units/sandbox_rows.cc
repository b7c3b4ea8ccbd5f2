// SPDX-License-Identifier: ISC
// What the program is kept from: systemd.exec(5).
#include <fmt/format.h>

#include <algorithm>

#include "daemon/units/unit_rows.h"

namespace minetd {
namespace {

bool is_root(const ServiceSpec& spec) {
    return spec.user == "root" || spec.user == "0";
}

void no_new_privs(Translation& t) {
    if (t.spec.sandbox.no_new_privs.value_or(false)) t.in_service("NoNewPrivileges", "yes");
}

/// To an unprivileged user too, as ours.
void capabilities(Translation& t) {
    const auto& names = t.spec.sandbox.capabilities;
    if (!names) return;
    std::string text;
    for (std::string name : *names) {
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
        text += (text.empty() ? "CAP_" : " CAP_") + name;
    }
    t.in_service("CapabilityBoundingSet", text);
    if (!is_root(t.spec) && !text.empty()) t.in_service("AmbientCapabilities", text);
}

void root_directory(Translation& t) {
    if (!t.spec.sandbox.chroot.empty())
        t.in_service_plain("chroot", "RootDirectory", "", t.spec.sandbox.chroot);
}

void system_calls(Translation& t) {
    const auto& words = t.spec.sandbox.seccomp;
    if (!words || words->empty()) return;
    for (const std::string& word : *words) t.in_service("SystemCallFilter", unit_word(word));
    if (t.spec.sandbox.seccomp_action == SeccompAction::error)
        t.in_service("SystemCallErrorNumber", "EPERM");
    if (!is_root(t.spec) && !t.spec.sandbox.no_new_privs.value_or(false))
        t.lost("no_new_privs", "with a filter and a user systemd sets it unasked");
}

void private_tmp(Translation& t) {
    if (t.spec.sandbox.private_tmp) t.in_service("PrivateTmp", "yes");
}

void private_network(Translation& t) {
    if (t.spec.sandbox.private_network) t.in_service("PrivateNetwork", "yes");
}

void read_only(Translation& t) {
    if (!t.spec.sandbox.read_only) return;
    t.in_service("ReadOnlyPaths", "/");
    for (const std::string& path : t.spec.sandbox.read_write_paths)
        t.in_service("ReadWritePaths", unit_word(path));
}

constexpr std::string_view no_landlock =
    "systemd has no landlock(7); ReadOnlyPaths=, "
    "InaccessiblePaths= and NoExecPaths= are near it";

constexpr UnitRow rows[] = {
    {"no_new_privs", no_new_privs},
    {"capabilities", capabilities},
    {"chroot", root_directory},
    {"seccomp", system_calls},
    {"seccomp_action", nullptr},  // with seccomp
    {"private_tmp", private_tmp},
    {"private_network", private_network},
    {"read_only", read_only},
    {"read_write_paths", nullptr},  // with read_only
    {"landlock_read", nullptr, no_landlock},
    {"landlock_write", nullptr, no_landlock},
    {"landlock_execute", nullptr, no_landlock},
};

}  // namespace

std::span<const UnitRow> sandbox_unit_rows() noexcept {
    return rows;
}

}  // namespace minetd
