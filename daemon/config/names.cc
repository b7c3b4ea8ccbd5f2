// SPDX-License-Identifier: ISC
#include "daemon/config/names.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <vector>

#include "daemon/config/values.h"

namespace minetd {
namespace {

struct KnownProtocol {
    std::string_view name;
    int number;
};
/// A host without /etc/protocols still has these.
constexpr KnownProtocol protocols[] = {
    {"tcp", IPPROTO_TCP},   {"udp", IPPROTO_UDP},         {"icmp", IPPROTO_ICMP},
    {"sctp", IPPROTO_SCTP}, {"udplite", IPPROTO_UDPLITE}, {"ipv6-icmp", IPPROTO_ICMPV6},
};

struct KnownPort {
    std::string_view name;
    std::uint16_t port;
};
/// The services of the RFCs that minetd has itself, for a host without /etc/services.
constexpr KnownPort ports[] = {
    {"tcpmux", 1}, {"echo", 7},     {"discard", 9}, {"daytime", 13},
    {"qotd", 17},  {"chargen", 19}, {"time", 37},
};

/// By name or alias; the name that is returned is the official one.
std::optional<ProtocolName> known_protocol(const std::string& name, Family family) {
    for (const KnownProtocol& known : protocols)
        if (known.name == name) return ProtocolName{name, family, known.number};
    const protoent* entry = getprotobyname(name.c_str());
    if (!entry) return std::nullopt;
    return ProtocolName{entry->p_name, family, entry->p_proto};
}

struct Suffix {
    std::string_view text;
    Family family;
};
constexpr Suffix suffixes[] = {
    {"6only", Family::v6}, {"46", Family::dual}, {"64", Family::dual},
    {"4", Family::v4},     {"6", Family::v6},
};

}  // namespace

std::optional<ProtocolName> protocol_from(std::string_view text) {
    if (text == "unix") return ProtocolName{"unix", Family::unix_domain, 0};
    // A name that ends in a digit itself (`ipv6`) wins over a base with a version.
    std::optional<ProtocolName> found = known_protocol(std::string(text), Family::any);
    for (const Suffix& suffix : suffixes)
        if (!found && text.ends_with(suffix.text))
            found = known_protocol(std::string(text.substr(0, text.size() - suffix.text.size())),
                                   suffix.family);
    if (found && found->number == 0)
        throw BadValue(
            "protocol `" + found->base + "` has number 0, which the kernel takes for any",
            "name the protocol that the service speaks, such as tcp or udp");
    return found;
}

std::string protocol_text(std::string_view base, Family family) {
    switch (family) {
        case Family::v4:
            return std::string(base) + "4";
        case Family::v6:
            return std::string(base) + "6";
        case Family::dual:
            return std::string(base) + "46";
        case Family::any:
        case Family::unix_domain:
            break;
    }
    return std::string(base);
}

std::optional<std::uint16_t> listed_port(const std::string& name, const std::string& protocol) {
    const servent* entry = getservbyname(name.c_str(), protocol.c_str());
    if (!entry) return std::nullopt;
    return ntohs(static_cast<std::uint16_t>(entry->s_port));
}

std::optional<std::uint16_t> port_of(const std::string& name, const std::string& protocol) {
    if (const auto number = decimal(name)) {
        if (*number < 1 || *number > 65535) return std::nullopt;
        return static_cast<std::uint16_t>(*number);
    }
    const std::string database = protocol == "udp" || protocol == "udplite" ? "udp" : "tcp";
    for (const std::string& asked : {protocol, database})
        if (const auto listed = listed_port(name, asked)) return listed;
    for (const KnownPort& known : ports)
        if (known.name == name) return known.port;
    return std::nullopt;
}

std::string nearest_service(const std::string& name) {
    static const std::vector<std::string> known = [] {
        std::vector<std::string> names;
        setservent(1);
        while (const servent* entry = getservent())
            if (names.empty() || names.back() != entry->s_name) names.emplace_back(entry->s_name);
        endservent();
        return names;
    }();
    const std::vector<std::string_view> views(known.begin(), known.end());
    return nearest(name, views);
}

SocketType usual_type(std::string_view protocol) noexcept {
    return protocol == "udp" || protocol == "udplite" ? SocketType::dgram : SocketType::stream;
}

std::string_view socket_type_text(SocketType type) noexcept {
    switch (type) {
        case SocketType::stream:
            return "stream";
        case SocketType::dgram:
            return "dgram";
        case SocketType::seqpacket:
            return "seqpacket";
        case SocketType::raw:
            return "raw";
        case SocketType::rdm:
            return "rdm";
    }
    return "stream";
}

std::string bracketed(std::string_view host) {
    if (host.find(':') == std::string_view::npos) return std::string(host);
    return "[" + std::string(host) + "]";
}

int address_family(const std::string& host) noexcept {
    in6_addr buffer;
    if (inet_pton(AF_INET, host.c_str(), &buffer) == 1) return AF_INET;
    try {
        const std::string address = host.substr(0, host.find('%'));
        if (inet_pton(AF_INET6, address.c_str(), &buffer) == 1) return AF_INET6;
    } catch (...) {  // out of memory: then it is not known to be an address
    }
    return AF_UNSPEC;
}

}  // namespace minetd
