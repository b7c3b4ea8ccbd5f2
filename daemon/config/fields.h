// SPDX-License-Identifier: ISC
// The inner grammar of a line's fields: text to parts, no meaning yet. All throw BadValue.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minetd {

/// `[addr-list:]service`, `addr-list:`, `tcpmux/[+]name`, `program/versions`,
/// `:user:group:mode:/path`, `/path`, `@name`.
struct ServiceField {
    bool has_hosts = false;
    std::string hosts;     ///< comma list as written; `*` for any
    std::string service;   ///< without `tcpmux/` and `+`; empty for `addr-list:`
    std::string versions;  ///< of an RPC program, `N` or `N-M`; empty where not given
    bool tcpmux = false, plus = false;
    std::string owner, group, mode;  ///< of a unix path; empty where not given
};
/// `unix_path`: the third field says `unix`, so colons belong to the path.
ServiceField service_field(std::string_view text, bool unix_path);

/// `tcp6/ttcp,sndbuf=16k,rcvbuf=1m`, `rpc/udp`.
struct ProtocolField {
    bool rpc = false, faith = false, ttcp = false;
    std::string protocol;
    struct Option {
        std::string name, value;
    };
    std::vector<Option> options;
};
ProtocolField protocol_field(std::string_view text);

/// `stream`, `stream,10:dataready,arg`.
struct TypeField {
    std::string type;
    std::string accept_max;  ///< empty: not given
    std::string filter;
};
TypeField type_field(std::string_view text);

/// `nowait.40`, `wait:3`, `nowait/10/30/2`, `prefork.40/10`. Absent parts are empty.
struct ServeField {
    std::string word;
    std::optional<std::string> rate;
    std::vector<std::string> slashes;
};
ServeField serve_field(std::string_view text);

/// `user[:group][/class]`; `split_dot`: `user.group` too.
struct UserField {
    std::string user, group, login_class;
};
UserField user_field(std::string_view text, bool split_dot);

}  // namespace minetd
