// SPDX-License-Identifier: ISC
// What services do to each other.
#include <fmt/core.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>

#include "daemon/config/check.h"
#include "daemon/config/names.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

/// Where a service listens, but for the IP version.
std::string endpoint(const ServiceSpec& spec, const std::string& host) {
    // Where the kernel chooses the port, each service has one of its own.
    const std::string port = spec.port != 0 ? std::to_string(spec.port) : spec.name;
    return fmt::format("{}/{}/{}/{}/{}", socket_type_text(spec.socket_type), spec.protocol, port,
                       spec.interface, host);
}

std::vector<std::string> hosts(const ServiceSpec& spec) {
    return spec.bind.empty() ? std::vector<std::string>{"*"} : spec.bind;
}

bool has_address(const ServiceSpec& spec) {
    return !spec.tcpmux && spec.family != Family::unix_domain &&
           spec.socket_type != SocketType::raw;
}

/// BSD's files say `tcp` and `tcp6` side by side, and mean IPv4 by the first.
void narrow(const std::vector<Draft*>& drafts) {
    std::map<std::string, unsigned> versions;
    const auto place = [](const ServiceSpec& spec) {
        std::string all;
        for (const std::string& host : hosts(spec)) all += host + ",";
        return endpoint(spec, all);
    };
    for (const Draft* draft : drafts)
        if (has_address(draft->spec))
            versions[place(draft->spec)] |= draft->spec.family == Family::v4   ? 4U
                                            : draft->spec.family == Family::v6 ? 6U
                                                                               : 0U;
    for (Draft* draft : drafts) {
        ServiceSpec& spec = draft->spec;
        if (!has_address(spec) || spec.family != Family::any) continue;
        const unsigned others = versions[place(spec)];
        const auto all_are = [&](int family) {
            return std::all_of(spec.bind.begin(), spec.bind.end(), [&](const std::string& host) {
                const int is = address_family(host);
                return is == AF_UNSPEC || is == family;
            });
        };
        if (others == 6U && all_are(AF_INET)) spec.family = Family::v4;
        if (others == 4U && all_are(AF_INET6)) spec.family = Family::v6;
    }
}

/// Nothing leads to a tcpmux entry without the builtin that reads its name.
void check_mux(const std::vector<Draft*>& drafts, Diagnostics& diagnostics) {
    const Draft* entry = nullptr;
    for (const Draft* draft : drafts) {
        if (same_word(draft->spec.builtin, "tcpmux")) return;
        if (!entry && draft->spec.tcpmux) entry = draft;
    }
    if (entry)
        diagnostics.warning(entry->where("service"),
                            "there is no tcpmux listener: nobody reaches this entry",
                            "add: tcpmux stream tcp nowait nobody internal");
}

}  // namespace

void check_together(std::vector<Draft*>& drafts, Diagnostics& diagnostics) {
    narrow(drafts);
    check_mux(drafts, diagnostics);
    std::map<std::string, const Draft*> keys, endpoints;
    const auto clash = [&](Draft& draft, const Draft& first, const std::string& what) {
        draft.error("service", fmt::format("{} already, at {}", what, first.where().str()),
                    "take one of them out, or give them different addresses", diagnostics);
    };
    for (Draft* draft : drafts) {
        const ServiceSpec& spec = draft->spec;
        const auto [first, is_new] = keys.emplace(spec.key(), draft);
        if (!is_new) {
            clash(*draft, *first->second, fmt::format("there is a service {}", spec.key()));
            continue;
        }
        if (!has_address(spec)) continue;
        for (const std::string& host : hosts(spec)) {
            const int numeric = address_family(host);
            for (const int family : {AF_INET, AF_INET6}) {
                const bool takes =
                    (family == AF_INET ? spec.family != Family::v6 : spec.family != Family::v4) &&
                    (numeric == AF_UNSPEC || numeric == family);
                if (!takes || draft->broken()) continue;
                const auto [other, fresh] =
                    endpoints.emplace(fmt::format("{}/{}", family, endpoint(spec, host)), draft);
                if (fresh || other->second == draft ||
                    (spec.reuse_port && other->second->spec.reuse_port))
                    continue;
                clash(*draft, *other->second,
                      fmt::format("{} has this address and port", other->second->spec.key()));
            }
        }
    }
    std::erase_if(drafts, [](const Draft* draft) { return draft->broken(); });
}

}  // namespace minetd
