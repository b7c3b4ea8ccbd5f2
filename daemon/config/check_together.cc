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
    return fmt::format("{}/{}/{}/{}/{}", socket_type_text(spec.socket_type), spec.protocol,
                       spec.port, spec.interface, host);
}

std::vector<std::string> hosts(const ServiceSpec& spec) {
    return spec.bind.empty() ? std::vector<std::string>{"*"} : spec.bind;
}

bool has_address(const ServiceSpec& spec) {
    return !spec.tcpmux && spec.family != Family::unix_domain &&
           spec.socket_type != SocketType::raw;
}

/// Each version of a service's RPC program, at a host.
std::vector<std::string> programs(const ServiceSpec& spec, const std::string& host) {
    std::vector<std::string> programs;
    for (unsigned version = spec.rpc.low; version != 0 && version <= spec.rpc.high; ++version)
        programs.push_back(fmt::format("{}/program {} version {}/{}", spec.protocol,
                                       spec.rpc.number, version, host));
    return programs;
}

/// What a service has for itself at a host: its port, and its programs.
std::vector<std::string> claims(const ServiceSpec& spec, const std::string& host) {
    std::vector<std::string> claims = programs(spec, host);
    if (spec.port != 0 || spec.rpc.low == 0) claims.insert(claims.begin(), endpoint(spec, host));
    return claims;
}

/// It says which IP version is its own, though it may be broken: as far as it could be read.
bool tells_version(const Draft& draft) {
    const ServiceSpec& spec = draft.spec;
    if (!has_address(spec) || !draft.plain_key || !draft.whole_key) return false;
    return !draft.broken() || (spec.port != 0 && spec.rpc.low == 0);
}

/// BSD's files say `tcp` and `tcp6` side by side, and mean IPv4 by the first.
void narrow(const std::vector<Draft*>& drafts) {
    std::map<std::string, unsigned> versions;
    const auto place = [](const ServiceSpec& spec) {
        std::string all;
        for (const std::string& host : hosts(spec)) all += host + ",";
        return all;
    };
    for (const Draft* draft : drafts) {
        if (!tells_version(*draft)) continue;
        for (const std::string& claim : claims(draft->spec, place(draft->spec)))
            versions[claim] |= draft->spec.family == Family::v4   ? 4U
                               : draft->spec.family == Family::v6 ? 6U
                                                                  : 0U;
    }
    for (Draft* draft : drafts) {
        ServiceSpec& spec = draft->spec;
        if (!tells_version(*draft) || spec.family != Family::any) continue;
        // A program is found by its versions. A pair has all of them: one that this service has
        // alone would be on no address of the other family.
        const auto own =
            spec.rpc.low != 0 ? programs(spec, place(spec)) : claims(spec, place(spec));
        const unsigned others = versions[own.front()];
        if (std::any_of(own.begin(), own.end(),
                        [&](const std::string& claim) { return versions[claim] != others; }))
            continue;
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
        if (draft->broken()) continue;
        if (same_word(draft->spec.builtin, "tcpmux")) return;
        if (!entry && draft->spec.tcpmux) entry = draft;
    }
    if (entry)
        diagnostics.warning(entry->where("service"),
                            "there is no tcpmux listener: nobody reaches this entry",
                            "add: tcpmux stream tcp nowait nobody internal");
}

}  // namespace

void check_together(const std::vector<Draft*>& drafts, Diagnostics& diagnostics) {
    narrow(drafts);
    check_mux(drafts, diagnostics);
    std::map<std::string, const Draft*> keys, claimed;
    const auto clash = [&](Draft& draft, const Draft& first, const std::string& what,
                           const char* advice) {
        draft.error("service", fmt::format("{} already, at {}", what, first.where().str()), advice,
                    diagnostics);
    };
    for (Draft* draft : drafts) {
        if (draft->broken()) continue;
        const ServiceSpec& spec = draft->spec;
        const auto [first, is_new] = keys.emplace(spec.key(), draft);
        if (!is_new) {
            clash(*draft, *first->second, fmt::format("there is a service {}", spec.key()),
                  "take one of them out, or give them different addresses");
            continue;
        }
        if (!has_address(spec)) continue;
        for (const std::string& host : hosts(spec)) {
            const int numeric = address_family(host);
            for (const int family : {AF_INET, AF_INET6}) {
                const bool takes =
                    (family == AF_INET ? spec.family != Family::v6 : spec.family != Family::v4) &&
                    (numeric == AF_UNSPEC || numeric == family);
                if (!takes) continue;
                for (const std::string& claim : claims(spec, host)) {
                    if (draft->broken()) break;
                    const auto [other, fresh] =
                        claimed.emplace(fmt::format("{}/{}", family, claim), draft);
                    if (fresh || other->second == draft) continue;
                    const ServiceSpec& has = other->second->spec;
                    const bool is_port = claim == endpoint(spec, host);
                    if (is_port && spec.reuse_port && has.reuse_port) continue;
                    clash(*draft, *other->second,
                          is_port ? fmt::format("{} has this address and port", has.key())
                                  : fmt::format("{} has this program and version", has.key()),
                          is_port ? "take one of them out, or give them different addresses"
                                  : "take one of them out, or give them different versions");
                }
            }
        }
    }
}

}  // namespace minetd
