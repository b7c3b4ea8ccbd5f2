// SPDX-License-Identifier: ISC
// What an admin says about who may come, when and how often: the values of xinetd's attributes of
// admission, as plain data. The policy layer decides by them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace minetd {

/// One word of `only_from` or `no_access`, understood.
struct AccessRule {
    enum class Kind : std::uint8_t { network, host, domain } kind = Kind::network;
    /// For a network: IPv4 in the last four bytes behind ::ffff:0:0/96, so that mapped peers are
    /// the IPv4 peers that they are; host bits are zero. `prefix` counts from the first of the 128.
    std::array<std::uint8_t, 16> address{};
    std::uint8_t prefix = 0;
    std::string name;  ///< for a host or a domain (`.example.org`), in lower case

    bool operator==(const AccessRule&) const = default;
};
using AccessRules = std::vector<AccessRule>;

/// Who may come: nobody on `no_access`, and of the others those on `only_from`, where there is one.
struct AccessLists {
    std::optional<AccessRules> only_from;  ///< absent: everybody; empty: nobody
    AccessRules no_access;

    bool names() const noexcept;  ///< some rule needs the peer's name
    bool any() const noexcept { return only_from || !no_access.empty(); }
    bool operator==(const AccessLists&) const = default;
};

/// Minutes since local midnight, both ends included; 1440 is the end of the day.
struct TimeRange {
    std::uint16_t from = 0, to = 0;
    bool operator==(const TimeRange&) const = default;
};

/// A token bucket for each source: `count` in `seconds` on average, `burst` at once.
struct Rate {
    unsigned count = 0, seconds = 1;
    unsigned burst = 0;
    bool operator==(const Rate&) const = default;
};

/// How much of an address is one source.
struct SourcePrefix {
    unsigned v4 = 32, v6 = 64;
    bool operator==(const SourcePrefix&) const = default;
};

/// `deny_time`, in minutes.
inline constexpr unsigned deny_never = 0, deny_forever = ~0U;

/// Where connections are forwarded to.
enum class ProxyProtocol : std::uint8_t { no, v1, v2 };
struct Redirect {
    std::string host;               ///< an address or a name; empty: nothing is forwarded
    std::string port;               ///< a number or a name of services(5)
    std::string source;             ///< the local address that the forwarded connection comes from
    unsigned connect_timeout = 30;  ///< seconds; 0: as long as the kernel tries
    ProxyProtocol proxy_protocol = ProxyProtocol::no;
    bool operator==(const Redirect&) const = default;
};

/// An RPC service is registered with rpcbind(8) for these versions of its program.
struct RpcProgram {
    unsigned number = 0;         ///< 0: by the service's name in rpc(5)
    unsigned low = 0, high = 0;  ///< versions; 0: not an RPC service
    bool operator==(const RpcProgram&) const = default;
};

}  // namespace minetd
