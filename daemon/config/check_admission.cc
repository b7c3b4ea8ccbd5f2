// SPDX-License-Identifier: ISC
// Rules about who may come, on services whose way of serving cannot go by them.
#include <fmt/core.h>

#include "daemon/config/check.h"
#include "daemon/config/host_check.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

constexpr std::uint16_t ident_port = 113;

/// Its program accepts, and minetd sees no peer.
bool is_unseen(const ServiceSpec& spec) {
    return spec.serve == Serve::wait && !spec.intercept && !spec.is_datagram() &&
           spec.builtin.empty();
}

void check_list(Draft& draft, std::string_view list, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    if (spec.is_resident())
        return draft.error(
            list, fmt::format("{} is not asked about what a resident program accepts", list),
            "let minetd accept (leave accept out), or say it to the program", diagnostics);
    if (spec.family == Family::unix_domain) {
        if (draft.says(list))
            diagnostics.warning(
                draft.where(list),
                fmt::format("{} is about addresses, and here nobody has one", list),
                "leave it out: socket_mode, socket_user and socket_group say who may come");
        return;
    }
    if (is_unseen(spec))
        diagnostics.warning(
            draft.origin(list),
            fmt::format("{} has no effect on {}: its program accepts, and minetd sees no peer",
                        list, spec.id),
            "write nowait in the fourth field, or intercept = yes, or let the program ask");
}

/// As in hosts_access(5).
void check_words(const Draft& draft, std::string_view list, const AccessRules& rules,
                 Diagnostics& diagnostics) {
    for (const AccessRule& rule : rules)
        if (rule.kind == AccessRule::Kind::host && means_everybody(rule.name))
            diagnostics.warning(
                draft.origin(list),
                fmt::format("{}: `{}` is the name of a host here, and not everybody", list,
                            rule.name),
                list == "only_from" ? "write 0.0.0.0/0 ::/0, or leave only_from out"
                                    : "write 0.0.0.0/0 ::/0");
}

/// Where nobody can be identified, everybody would be let in.
void check_ident(Draft& draft, Diagnostics& diagnostics) {
    if (const char* const why = why_unidentified(draft.spec); why != nullptr)
        draft.error("ident_only",
                    fmt::format("nobody can be identified to {}: {}", draft.spec.id, why),
                    "write ident_only = no for it", diagnostics);
}

void check_banners(Draft& draft, Diagnostics& diagnostics) {
    ServiceSpec& spec = draft.spec;
    if (!spec.is_datagram() && !spec.is_resident() && !is_unseen(spec)) return;
    // A default is for others: this service has none, and its dump says none.
    spec.banner.clear();
    spec.banner_success.clear();
    spec.banner_fail.clear();
    for (const std::string_view name : {"banner", "banner_success", "banner_fail"})
        if (draft.says(name))
            diagnostics.warning(
                draft.where(name),
                fmt::format("{} has no effect on {}: there is no connection of ours to send it on",
                            name, spec.id),
                "leave it out");
}

}  // namespace

const char* why_unidentified(const ServiceSpec& spec) noexcept {
    return spec.is_resident() || is_unseen(spec) ? "its program accepts"
           : spec.family == Family::unix_domain  ? "its peers are local"
           : spec.is_datagram()                  ? "datagrams have no owner"
           : spec.port == ident_port             ? "it is the ident service"
                                                 : nullptr;
}

void check_admission(Draft& draft, Diagnostics& diagnostics) {
    ServiceSpec& spec = draft.spec;
    // What a dialect asks for by itself has no effect here, and need not be in a dump.
    if (is_unseen(spec) && !draft.says("libwrap")) spec.libwrap.clear();
    if (spec.access.only_from) check_list(draft, "only_from", diagnostics);
    if (!spec.access.no_access.empty()) check_list(draft, "no_access", diagnostics);
    if (spec.access.only_from) check_words(draft, "only_from", *spec.access.only_from, diagnostics);
    check_words(draft, "no_access", spec.access.no_access, diagnostics);
    if (!spec.libwrap.empty() && (spec.is_resident() || draft.says("libwrap")))
        check_list(draft, "libwrap", diagnostics);
    if (spec.ident_only) check_ident(draft, diagnostics);
    check_banners(draft, diagnostics);
    if (draft.says("deny_time") && !same_word(spec.builtin, "sensor"))
        diagnostics.warning(draft.where("deny_time"),
                            fmt::format("deny_time has no effect on {}: it is no sensor", spec.id),
                            "leave it out, or serve it with `internal sensor`");
}

}  // namespace minetd
