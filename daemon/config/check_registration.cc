// SPDX-License-Identifier: ISC
// Services that others are told of: RPC programs by rpcbind(8), and names by multicast DNS.
#include <fmt/core.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>

#include "daemon/config/check.h"
#include "daemon/config/names.h"
#include "daemon/config/values.h"
#include "daemon/os/avahi.h"
#include "daemon/os/rpcbind.h"

namespace minetd {
namespace {

/// Each is a registration of its own.
constexpr unsigned most_versions = 100;

bool has_port(const ServiceSpec& spec) {
    return !spec.tcpmux && spec.family != Family::unix_domain &&
           spec.socket_type != SocketType::raw;
}

void check_program(Draft& draft, const LoadOptions& options, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    if (spec.tcpmux || (spec.protocol != "tcp" && spec.protocol != "udp"))
        draft.error("rpc_version", "rpcbind(8) is told of programs on TCP and UDP only",
                    "write rpc/tcp or rpc/udp, or take the versions out", diagnostics);
    if (spec.rpc.high - spec.rpc.low >= most_versions)
        draft.error("rpc_version", fmt::format("these are more than {} versions", most_versions),
                    "name those that the program has", diagnostics);
    if (options.check_host && !rpcbind::available())
        draft.error("rpc_version",
                    "this minetd was built without libtirpc, and registers no RPC programs",
                    "build it with libtirpc-dev, or start the server on its own and leave the "
                    "service out",
                    diagnostics);
}

/// The service is served whether or not it can be announced: nothing here breaks it.
void check_discovery(const Draft& draft, const LoadOptions& options, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    if (!spec.mdns.announced) {
        for (const char* attribute : {"mdns_name", "mdns_type"})
            if (draft.says(attribute) && !draft.says("mdns"))
                diagnostics.warning(draft.where(attribute),
                                    "without mdns nothing is announced over multicast DNS",
                                    "add mdns = yes");
        return;
    }
    if (!has_port(spec)) {
        // Among the defaults it is for those that have one.
        if (draft.says("mdns"))
            diagnostics.warning(draft.where("mdns"),
                                "what has no port is not announced over multicast DNS",
                                "take mdns out");
    } else if (const std::string type = discovery_type(spec); !is_discovery_type(type)) {
        diagnostics.warning(
            draft.says("mdns") ? draft.where("mdns") : draft.where(),
            fmt::format("{} is not announced over multicast DNS: `{}` is no type of service",
                        spec.id, type),
            "say its type, as in mdns_type = _http._tcp");
    } else if (options.check_host && !avahi::available()) {
        diagnostics.warning(
            draft.origin("mdns"),
            "this minetd was built without libavahi-client, and announces nothing over multicast "
            "DNS",
            "build it with libavahi-client-dev, or take mdns out");
    }
}

}  // namespace

void find_program(Draft& draft, Diagnostics& diagnostics) {
    ServiceSpec& spec = draft.spec;
    if (spec.rpc.number != 0) return;
    if (const auto number = decimal(spec.name); number && *number > 0 && *number <= 0xFFFFFFFF) {
        spec.rpc.number = static_cast<unsigned>(*number);
        return;
    }
    if (const rpcent* const program = ::getrpcbyname(spec.name.c_str()); program != nullptr) {
        spec.rpc.number = static_cast<unsigned>(program->r_number);
        return;
    }
    draft.error("service", fmt::format("there is no RPC program `{}` in rpc(5)", spec.name),
                "say rpc_number, or write the number in place of the name", diagnostics);
}

void check_registration(Draft& draft, const LoadOptions& options, Diagnostics& diagnostics) {
    check_discovery(draft, options, diagnostics);
    if (draft.spec.rpc.low != 0)
        check_program(draft, options, diagnostics);
    else if (draft.says("rpc_number") && draft.spec.rpc.number != 0)
        diagnostics.warning(draft.where("rpc_number"),
                            "without rpc_version this is no RPC service, and nothing is registered",
                            "add rpc_version = N");
}

}  // namespace minetd
