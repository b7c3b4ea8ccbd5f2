// SPDX-License-Identifier: ISC
// Services whose admission asks others, in every way of serving, and a host on which names are
// known.
#pragma once

#include <map>
#include <string>

namespace minetd {

struct EchoWay {
    const char *serve, *program;
};
inline constexpr EchoWay echo_ways[] = {
    {"nowait", "/bin/cat cat"},   {"nowait", "internal echo"}, {"prefork", "/bin/cat cat"},
    {"prefork", "internal echo"}, {"worker", "internal echo"}, {"event", "internal echo"},
};

/// An echo service on port {echo}, called `echo` in records.
std::string echo(const EchoWay& way, const std::string& settings, const char* family = "tcp4");

/// Files of /etc, for in_own_network(): names are asked of a FakeNameServer, or of nobody.
extern const std::map<std::string, std::string> dns, no_dns;
/// no_dns, with what hosts.allow(5) and hosts.deny(5) say, a friend at 127.0.0.2 and a foe at
/// 127.0.0.3.
std::map<std::string, std::string> wrapped(std::string allow, std::string deny);

}  // namespace minetd
