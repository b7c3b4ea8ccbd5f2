// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_service.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <utility>

#include "daemon/config/check.h"
#include "daemon/config/names.h"
#include "daemon/config/values.h"
#include "daemon/config/xinetd_words.h"

namespace minetd {
namespace {

/// xinetd's, unless `cps` is said, or the `rate` that is better.
constexpr ConnectionsPerSecond usual_cps{50, 10};

class Settling {
  public:
    Settling(XinetdEntry& entry, Diagnostics& diagnostics)
        : entry_(entry), spec_(entry.draft.spec), diagnostics_(diagnostics) {}

    void run() {
        if (spec_.id.empty()) spec_.id = spec_.name;
        socket();
        family();
        program();
        port();
        server();
        if (is(xinetd_sensor)) sensor();
        user();
        flags();
        log();
        usual();
        refuse_what_excludes();
    }

  private:
    bool is(XinetdFlag flag) const { return (entry_.flags & flag) != 0; }
    bool type(XinetdType type) const { return (entry_.types & type) != 0; }
    bool is_mux() const { return type(xinetd_tcpmux) || type(xinetd_tcpmux_plus); }
    bool says(std::string_view name) const { return entry_.says(name); }
    bool unsaid(std::string_view row) const {
        return !entry_.draft.says(row) && !entry_.draft.inherits(row);
    }

    void missing(std::string_view what, std::string advice) {
        entry_.draft.break_it();
        diagnostics_.error(entry_.draft.where(),
                           fmt::format("service {}: there is no `{}`", spec_.name, what),
                           std::move(advice));
    }
    void error(std::string_view at, std::string message, std::string advice) {
        entry_.error(at, std::move(message), std::move(advice), diagnostics_);
    }
    void warning(std::string_view at, std::string message, std::string advice) {
        diagnostics_.warning(entry_.where(at), std::move(message), std::move(advice));
    }
    void assign(std::string_view row, const std::string& word) {
        entry_.draft.assign(row, word, entry_.draft.place(), diagnostics_);
    }

    /// Either of socket_type and protocol tells the other.
    void socket() {
        std::string protocol = entry_.protocol;
        if (!says("socket_type")) {
            if (protocol.empty()) return missing("socket_type", "write socket_type = stream");
            spec_.socket_type = usual_type(protocol);
        } else if (protocol.empty()) {
            protocol = spec_.socket_type == SocketType::dgram ? "udp" : "tcp";
        }
        try {
            const auto known = protocol_from(protocol);
            if (!known || known->base == "unix")
                throw BadValue(fmt::format("there is no protocol `{}`", protocol),
                               "write tcp or udp");
            spec_.protocol = known->base;
            spec_.protocol_number = known->number;
            spec_.family = known->family;
        } catch (const BadValue& bad) {
            entry_.draft.plain_key = false;
            error("protocol", fmt::format("protocol: {}", bad.what()), bad.advice);
        }
        if (!says("wait")) missing("wait", "write wait = no");
        if (spec_.is_datagram() && spec_.serve == Serve::nowait && !type(xinetd_internal) &&
            says("wait")) {
            warning("wait",
                    "the server shares the socket of a datagram service: `wait = no` loses "
                    "datagrams",
                    "it is served as `wait = yes` here");
            spec_.serve = Serve::wait;
        }
    }

    /// One IPv6 socket for both, unless a flag or an address says otherwise.
    void family() {
        if (spec_.family != Family::any) return;
        // The wildcard by its IPv6 name is for both as well.
        if (!spec_.bind.empty() && spec_.bind[0] == "::") spec_.bind.clear();
        const int bound = spec_.bind.empty() ? AF_UNSPEC : address_family(spec_.bind[0]);
        if (is(xinetd_v4) && !is(xinetd_v6))
            spec_.family = Family::v4;
        else if (bound == AF_INET)
            spec_.family = Family::v4;
        else if (bound == AF_INET6 || (entry_.v6only && *entry_.v6only))
            spec_.family = Family::v6;
        else if (spec_.bind.empty())
            spec_.family = Family::dual;
        else if (is(xinetd_v6))
            spec_.family = Family::v6;
    }

    /// Of another type the attributes of RPC mean nothing.
    void program() {
        if (type(xinetd_rpc) || spec_.rpc == RpcProgram{}) return;
        warning(says("rpc_version") ? "rpc_version" : "rpc_number",
                "this is no RPC service, and nothing is registered, as with xinetd",
                "write type = RPC, or leave it out");
        spec_.rpc = {};
    }

    void port() {
        if (is_mux() || type(xinetd_rpc)) return;
        if (says("port") && !entry_.draft.says("port")) {
            entry_.draft.plain_key = false;  // what was written is told, and no other
            return;
        }
        if (type(xinetd_unlisted)) {
            if (says("port")) return;
            entry_.draft.plain_key = false;  // nobody shall look for it elsewhere
            return missing("port", "write port = NUMBER");
        }
        const auto listed = listed_port(spec_.name, spec_.protocol);
        if (!says("port")) spec_.port = port_of(spec_.name, spec_.protocol).value_or(0);
        if (spec_.port == 0 || !entry_.draft.plain_key)
            return;  // that there is none is told, with all others'
        if (!listed)
            warning("port",
                    fmt::format("services(5) has no `{}` for {}: xinetd refuses the service",
                                spec_.name, spec_.protocol),
                    says("port") ? "the port that is written counts here; write type = UNLISTED"
                                 : fmt::format("it has the port {0} here; write type = UNLISTED "
                                               "and port = {0}",
                                               spec_.port));
        else if (*listed != spec_.port)
            warning("port",
                    fmt::format("services(5) has the port {} for `{}`: xinetd refuses the service",
                                *listed, spec_.name),
                    "the port that is written counts here; write type = UNLISTED");
    }

    void server() {
        if (type(xinetd_internal)) {
            spec_.server.clear();
            spec_.server_args.clear();
            assign("builtin", spec_.name);
            return;
        }
        if (!spec_.redirect.host.empty()) {
            spec_.server.clear();
            spec_.server_args.clear();
            return;
        }
        if (is(xinetd_sensor)) {
            if (!says("server"))
                warning("flags", "SENSOR without a `server`: xinetd refuses the service",
                        "none is started here; write one where xinetd is to read this too");
            return;
        }
        if (!says("server")) return missing("server", "write server = /path/of/the/program");
        if (!is(xinetd_nameinargs)) return;  // argv[0] is the last part of the path
        if (spec_.server_args.size() < 2)
            return error("flags", "NAMEINARGS: there is no server_args that the name could be in",
                         "write server_args = NAME, or leave the flag out");
        spec_.server_args.erase(spec_.server_args.begin());
    }

    void sensor() {
        spec_.server.clear();
        spec_.server_args.clear();
        assign("builtin", "sensor");
        if (spec_.serve == Serve::wait && !spec_.is_datagram()) spec_.serve = Serve::nowait;
    }

    void user() {
        if (!says("user")) {
            // A builtin has no need of any privilege.
            if (!spec_.builtin.empty()) return assign("user", "nobody");
            return missing("user", "write user = NAME");
        }
        const auto number = decimal(spec_.user);
        if (!number || !spec_.group.empty()) return;
        warning("user",
                fmt::format("a user by number has the group of the same number, {}", spec_.user),
                "write its group too");
        spec_.group = spec_.user;
    }

    void flags() {
        spec_.nodelay = spec_.nodelay || is(xinetd_nodelay);
        spec_.keepalive = spec_.keepalive || is(xinetd_keepalive);
        if (type(xinetd_tcpmux) || type(xinetd_tcpmux_plus)) {
            spec_.tcpmux = true;
            spec_.tcpmux_plus = type(xinetd_tcpmux_plus);
            spec_.port = 0;
        }
        if (is(xinetd_intercept)) {
            if (spec_.serve == Serve::wait && spec_.builtin.empty())
                spec_.intercept = true;
            else
                warning("flags", "INTERCEPT: there is nothing to intercept without `wait = yes`",
                        "leave it out");
        }
        if (is(xinetd_idonly)) identified_only();
        const bool no_libwrap =
            is(xinetd_nolibwrap) || (type(xinetd_rpc) && spec_.protocol == "tcp");
        if (no_libwrap)
            spec_.libwrap.clear();
        else if (!says("libwrap"))
            spec_.libwrap = libwrap_name();
    }

    /// xinetd asks who a client is in order to record it, and only then can the answer be missing.
    void identified_only() {
        const char* const why = (spec_.log_on_success & log_userid) == 0
                                    ? "USERID is not in log_on_success"
                                    : why_unidentified(spec_);
        if (why == nullptr)
            spec_.ident_only = true;
        else
            warning("flags", fmt::format("IDONLY has no effect, as with xinetd: {}", why),
                    "leave it out, or write log_on_success += USERID where clients have a name");
    }

    std::string libwrap_name() const {
        if (spec_.server.empty()) return spec_.name;
        const bool named = is(xinetd_nameinargs) && !spec_.server_args.empty();
        return last_part(named ? spec_.server_args[0] : spec_.server);
    }

    /// Without a log_type nothing is recorded.
    void log() {
        if (unsaid("log_type")) spec_.log_type.kind = LogTarget::Kind::none;
    }

    void usual() {
        if (unsaid("groups")) spec_.groups = false;
        if (unsaid("cps") && !spec_.limits.rate) spec_.limits.cps = usual_cps;
        if (unsaid("log_on_failure")) spec_.log_on_failure = 0;
        spec_.session = true;
        if (unsaid("source_prefix")) spec_.limits.source_prefix = {.v4 = 32, .v6 = 128};
        if (spec_.limits.cps && spec_.limits.cps->rate == 0) spec_.limits.cps.reset();
    }

    void refuse_what_excludes() {
        const bool redirected = !spec_.redirect.host.empty();
        if ((spec_.log_on_success & log_traffic) != 0 && !redirected) {
            if (says("log_on_success"))
                error("log_on_success", "TRAFFIC is counted where connections are redirected only",
                      "leave it out");
            else
                spec_.log_on_success &= ~static_cast<unsigned>(log_traffic);
        }
        if (redirected && spec_.socket_type != SocketType::stream)
            error("redirect", "only streams can be redirected", "write socket_type = stream");
        if (redirected && spec_.serve == Serve::wait)
            error("redirect", "a redirected service takes its connections itself",
                  "write wait = no");
        if (is(xinetd_nameinargs) && (redirected || type(xinetd_internal)))
            error("flags", "NAMEINARGS: there is no program that could have a name",
                  "leave it out");
        if (is(xinetd_labeled))
            error("flags", "LABELED: minetd sets no SELinux context from the client's",
                  "leave it out, and give the program a context of its own");
        if (is_mux() && !type(xinetd_unlisted))
            error("type", "xinetd takes TCPMUX with UNLISTED only", "write type = TCPMUX UNLISTED");
        if (type(xinetd_rpc) && !says("rpc_version")) {
            entry_.draft.plain_key = false;
            missing("rpc_version", "write rpc_version = 1, or 1-3");
        }
        if (type(xinetd_rpc) && type(xinetd_unlisted) && !says("rpc_number"))
            missing("rpc_number", "write the number of the program");
    }

    static std::string last_part(const std::string& path) {
        return path.substr(path.rfind('/') + 1);
    }

    XinetdEntry& entry_;
    ServiceSpec& spec_;
    Diagnostics& diagnostics_;
};

}  // namespace

void settle_xinetd_service(XinetdEntry& entry, Diagnostics& diagnostics) {
    Settling(entry, diagnostics).run();
}

}  // namespace minetd
