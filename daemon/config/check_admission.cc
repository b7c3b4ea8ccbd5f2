// SPDX-License-Identifier: ISC
// Rules about who may come, on services whose way of serving cannot go by them.
#include <fmt/core.h>

#include "daemon/config/check.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

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
    const bool unseen = spec.serve == Serve::wait && !spec.is_datagram() && spec.builtin.empty();
    if (unseen && !spec.intercept)
        diagnostics.warning(
            draft.origin(list),
            fmt::format("{} has no effect on {}: its program accepts, and minetd sees no peer",
                        list, spec.id),
            "write intercept = yes, or nowait in the fourth field");
}

}  // namespace

void check_admission(Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    if (spec.access.only_from) check_list(draft, "only_from", diagnostics);
    if (!spec.access.no_access.empty()) check_list(draft, "no_access", diagnostics);
    if (draft.says("deny_time") && !same_word(spec.builtin, "sensor"))
        diagnostics.warning(draft.where("deny_time"),
                            fmt::format("deny_time has no effect on {}: it is no sensor", spec.id),
                            "leave it out, or serve it with `internal sensor`");
}

}  // namespace minetd
