// SPDX-License-Identifier: ISC
#include "daemon/units/listen_addresses.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include "daemon/config/names.h"

namespace minetd {
namespace {

const char* listen_key(SocketType type) {
    switch (type) {
        case SocketType::stream:
            return "ListenStream";
        case SocketType::dgram:
            return "ListenDatagram";
        case SocketType::seqpacket:
            return "ListenSequentialPacket";
        case SocketType::raw:
        case SocketType::rdm:
            break;
    }
    return nullptr;
}

/// `[v6]:port%interface`.
std::string v6_text(const std::string& host, unsigned port) {
    const std::size_t zone = host.find('%');
    return fmt::format("[{}]:{}{}", host.substr(0, zone), port,
                       zone == std::string::npos ? "" : "%" + host.substr(zone));
}

void add_ip(const ServiceSpec& spec, const std::string& host, bool ipv6, ListenAddresses& found) {
    const bool any = host.empty() || host == "*";
    const int family = any ? AF_UNSPEC : address_family(host);
    const bool v4 = spec.family == Family::v4 || spec.family == Family::any;
    const bool v6 = spec.family != Family::v4;
    if (!any && family == AF_UNSPEC) {
        found.problem = fmt::format("systemd binds addresses, not the name {}", host);
        return;
    }
    if (v4 && (any ? !(v6 && found.both) || !ipv6 : family == AF_INET))
        found.values.push_back(fmt::format("{}:{}", any ? "0.0.0.0" : host, spec.port));
    if (spec.family == Family::dual && (family == AF_INET || (any && !ipv6)))
        found.values.push_back(any ? fmt::format("0.0.0.0:{}", spec.port)
                                   : fmt::format("[::ffff:{}]:{}", host, spec.port));
    if (!v6 || (any ? !ipv6 : family != AF_INET6)) return;
    found.v6_too = true;
    found.values.push_back(v6_text(any ? "::" : host, spec.port));
}

}  // namespace

ListenAddresses listen_addresses(const ServiceSpec& spec, bool ipv6) {
    ListenAddresses found;
    const char* key = listen_key(spec.socket_type);
    if (key == nullptr) {
        found.problem =
            fmt::format("systemd has no {} sockets", socket_type_text(spec.socket_type));
        return found;
    }
    found.key = key;
    if (spec.family == Family::unix_domain) {
        const std::string path = spec.path.empty() ? spec.name : spec.path;
        if (const auto value = unit_value(path))
            found.values.push_back(*value);
        else
            found.problem = "its path cannot be written in a unit";
        return found;
    }
    if (spec.socket_type == SocketType::seqpacket)
        found.problem = "systemd has seqpacket sockets of this host alone";
    const bool usual = spec.protocol == "tcp" || spec.protocol == "udp";
    if (!found.problem.empty()) return found;
    if (!usual && spec.protocol != "sctp" && spec.protocol != "udplite")
        found.problem = fmt::format("systemd has no sockets of {}", spec.protocol);
    else if (spec.rpc.low != 0)
        found.problem = "systemd tells rpcbind of nothing";
    else if (spec.port == 0)
        found.problem = "systemd does not choose ports";
    if (!found.problem.empty()) return found;
    if (!usual) found.protocol = spec.protocol;
    found.both = spec.v6only ? !*spec.v6only : spec.family == Family::dual;
    if (spec.bind.empty()) add_ip(spec, "", ipv6, found);
    for (const std::string& host : spec.bind) add_ip(spec, host, ipv6, found);
    if (found.values.empty() && found.problem.empty())
        found.problem = "none of its addresses is of its IP version";
    return found;
}

void write_socket_options(const ServiceSpec& spec, const ListenAddresses& addresses,
                          UnitFile& unit) {
    const auto set = [&](std::string_view key, const std::string& value) {
        unit.set("Socket", key, value);
    };
    const auto owner = [&](std::string_view key, const std::string& text) {
        const auto value = unit_value(text);
        if (!text.empty() && value) set(key, *value);
    };
    for (const std::string& value : addresses.values) set(addresses.key, value);
    if (!addresses.protocol.empty()) set("SocketProtocol", addresses.protocol);
    if (addresses.v6_too) set("BindIPv6Only", addresses.both ? "both" : "ipv6-only");
    if (spec.family == Family::unix_domain) {
        set("SocketMode", fmt::format("{:04o}", spec.socket_mode.value_or(0666)));
        owner("SocketUser", spec.socket_user);
        owner("SocketGroup", spec.socket_group);
        if (addresses.values.front().front() == '/') set("RemoveOnStop", "yes");
    }
    if (!spec.is_datagram()) set("Backlog", std::to_string(spec.listen_backlog));
    owner("BindToDevice", spec.interface);
    if (spec.freebind) set("FreeBind", "yes");
    if (spec.reuse_port) set("ReusePort", "yes");
    if (spec.keepalive) set("KeepAlive", "yes");
    if (spec.nodelay) set("NoDelay", "yes");
    if (spec.sndbuf != 0) set("SendBuffer", std::to_string(spec.sndbuf));
    if (spec.rcvbuf != 0) set("ReceiveBuffer", std::to_string(spec.rcvbuf));
}

}  // namespace minetd
