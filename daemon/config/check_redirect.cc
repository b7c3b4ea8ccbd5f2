// SPDX-License-Identifier: ISC
// What goes with being forwarded: to another host (redirect), or through this one (intercept).
#include <fmt/core.h>
#include <sys/socket.h>

#include <algorithm>

#include "daemon/config/check.h"
#include "daemon/config/names.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

/// Where the admin names the destination: the attribute, or the line.
std::string_view place_of(const Draft& draft) {
    return draft.says("redirect") ? "redirect" : draft.says("builtin") ? "builtin" : "service";
}

bool is_loopback(const std::string& host) {
    return host.starts_with("127.") || host == "::1" || same_word(host, "localhost");
}

/// The destination is a socket of the service itself: each connection would make another one.
bool leads_back(const ServiceSpec& spec) {
    if (spec.family == Family::unix_domain || spec.tcpmux ||
        port_of(spec.redirect.port, "tcp") != spec.port)
        return false;
    const auto& hosts = spec.bind;
    return hosts.empty() ? is_loopback(spec.redirect.host)
                         : std::find(hosts.begin(), hosts.end(), spec.redirect.host) != hosts.end();
}

void check_source(Draft& draft, Diagnostics& diagnostics) {
    const Redirect& redirect = draft.spec.redirect;
    if (redirect.source.empty()) return;
    const int family = address_family(redirect.source), other = address_family(redirect.host);
    if (family == AF_UNSPEC)
        draft.error("redirect_source", fmt::format("`{}` is not an address", redirect.source),
                    "write one of this host's addresses", diagnostics);
    else if (other != AF_UNSPEC && other != family)
        draft.error(
            "redirect_source",
            fmt::format("no connection leads from {} to {}", redirect.source, redirect.host),
            "write an address of the same IP version", diagnostics);
}

void check_destination(Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    const Redirect& redirect = spec.redirect;
    if (!spec.server_args.empty())
        return draft.error(place_of(draft), "redirect takes a host and a port, and no more",
                           "write redirect HOST PORT", diagnostics);
    if (redirect.host.empty())
        return draft.error(place_of(draft), "nothing says where this is to be forwarded to",
                           "add redirect = HOST PORT", diagnostics);
    if (!port_of(redirect.port, "tcp"))
        draft.error(place_of(draft),
                    fmt::format("there is no service `{}` for tcp in services(5)", redirect.port),
                    "write the port's number", diagnostics);
    if (leads_back(spec))
        draft.error(place_of(draft), "this service would be forwarded to itself",
                    "name another host or port", diagnostics);
    if (spec.serve == Serve::wait)
        draft.error("serve", "what is forwarded is served connection by connection",
                    "write nowait, or a pool's word", diagnostics);
    if (spec.tcpmux)
        draft.error("redirect", "a tcpmux entry cannot be forwarded", "name a program",
                    diagnostics);
    check_source(draft, diagnostics);
}

/// Empty: something can be.
std::string why_nothing_is_intercepted(const ServiceSpec& spec) {
    if (spec.is_builtin()) return "the builtin is asked about each of its peers anyway";
    if (spec.serve != Serve::wait) return "each connection is asked about anyway";
    if (spec.family == Family::unix_domain)
        return "a unix socket's peers are not known by their addresses";
    if (spec.protocol != (spec.is_datagram() ? "udp" : "tcp"))
        return fmt::format("{} is not forwarded", spec.protocol);
    return "";
}

/// A connection is over when its ends say so; a datagram's sender never does.
constexpr unsigned usual_datagram_silence = 60;

void check_intercept(Draft& draft, Diagnostics& diagnostics) {
    ServiceSpec& spec = draft.spec;
    if (!spec.intercept) return;
    const std::string why = why_nothing_is_intercepted(spec);
    if (why.empty()) {
        if (!spec.is_datagram() || spec.idle_timeout != 0) return;
        diagnostics.warning(
            draft.origin("idle_timeout"),
            fmt::format("a datagram's sender never says that it is done: with intercept it is "
                        "forgotten after {} s of silence",
                        usual_datagram_silence),
            "say how long a peer of this service may be silent");
        spec.idle_timeout = usual_datagram_silence;
        return;
    }
    if (draft.says("intercept"))
        diagnostics.warning(draft.where("intercept"),
                            fmt::format("nothing is intercepted: {}", why), "leave intercept out");
    spec.intercept = false;
}

}  // namespace

bool is_redirect(const ServiceSpec& spec) {
    return same_word(spec.builtin, "redirect");
}

unsigned usual_idle_timeout(const ServiceSpec& spec) {
    if (spec.intercept && why_nothing_is_intercepted(spec).empty())
        return spec.is_datagram() ? usual_datagram_silence : 0;
    return is_redirect(spec) ? 0 : ServiceSpec{}.idle_timeout;
}

void check_redirect(Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    if (is_redirect(spec)) {
        check_destination(draft, diagnostics);
    } else if (!spec.redirect.host.empty()) {
        draft.error("redirect",
                    fmt::format("this service is forwarded, and has {} {}",
                                spec.is_builtin() ? "the builtin" : "the program",
                                spec.is_builtin() ? spec.builtin : spec.server),
                    "leave one of them out", diagnostics);
    } else {
        for (const char* name : {"redirect_source", "redirect_timeout", "proxy_protocol"})
            if (draft.says(name))
                diagnostics.warning(draft.where(name),
                                    fmt::format("{} has no effect without redirect", name),
                                    "add redirect = HOST PORT, or leave it out");
    }
    check_intercept(draft, diagnostics);
}

}  // namespace minetd
