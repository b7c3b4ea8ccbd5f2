// SPDX-License-Identifier: ISC
#include "daemon/config/check.h"

#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/config/module_file.h"
#include "daemon/config/names.h"
#include "daemon/config/pool_attributes.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

constexpr std::size_t longest_path = 107;  ///< sizeof sun_path, less its end

void find_port(Draft& draft, Diagnostics& diagnostics) {
    ServiceSpec& spec = draft.spec;
    if (draft.says("port") && (spec.port > 0 || spec.socket_type == SocketType::raw)) return;
    if (const auto port = port_of(spec.name, spec.protocol)) {
        spec.port = *port;
        return;
    }
    if (spec.socket_type == SocketType::raw) return;  // a raw socket has no port
    if (spec.name[0] == '/' || spec.name[0] == '@')
        return draft.error(
            "service",
            fmt::format("`{}` is a path, but the protocol is {}", spec.name, spec.protocol),
            "write unix in the third field", diagnostics);
    if (decimal(spec.name))
        return draft.error("service", fmt::format("there is no port {}", spec.name),
                           "ports are 1 to 65535", diagnostics);
    // xinetd's entries have no place for a number in the heading.
    const bool of_xinetd = draft.by_id;
    const auto with_port = [&](std::string_view port) {
        return of_xinetd ? fmt::format("write type = UNLISTED and port = {}", port)
                         : fmt::format("write {}", port);
    };
    std::string advice =
        of_xinetd ? with_port("N") : "write the port's number in place of the name";
    if (const auto other = port_of(spec.name, spec.protocol == "udp" ? "tcp" : "udp"))
        advice = fmt::format("services(5) has it for another protocol, with port {}: {}", *other,
                             with_port(std::to_string(*other)));
    else if (const std::string near = nearest_service(spec.name); !near.empty())
        advice = fmt::format("did you mean `{}`? Or {}, or add it to /etc/services", near,
                             of_xinetd ? with_port("N") : "write the port's number");
    draft.error(
        "service",
        fmt::format("there is no service `{}` for {} in services(5)", spec.name, spec.protocol),
        advice, diagnostics);
}

/// `redirect = host port` is served by the builtin of that name, and `internal redirect host port`
/// is the same.
void find_destination(ServiceSpec& spec) {
    if (spec.builtin.empty() && !spec.redirect.host.empty()) spec.builtin = "redirect";
    if (!same_word(spec.builtin, "redirect") || spec.server_args.size() != 2 ||
        !spec.redirect.host.empty())
        return;
    spec.redirect.host = spec.server_args[0];
    spec.redirect.port = spec.server_args[1];
    spec.server_args.clear();
}

/// `internal` is the builtin with the service's name; on a unix path, with its last part.
void find_server(Draft& draft, bool full_argv0) {
    ServiceSpec& spec = draft.spec;
    std::vector<std::string>& argv = spec.server_args;
    if (spec.server == "internal") {
        spec.server.clear();
        if (spec.builtin.empty()) spec.builtin = spec.name.substr(spec.name.rfind('/') + 1);
    }
    if (spec.server.empty()) {
        if (!argv.empty()) argv.erase(argv.begin());
        return find_destination(spec);
    }
    if (argv.empty()) argv.emplace_back();
    if (argv[0].empty())
        argv[0] = full_argv0 ? spec.server : spec.server.substr(spec.server.rfind('/') + 1);
}

void check_socket(Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    const auto wrong_type = [&](std::string_view right) {
        draft.error("socket_type",
                    fmt::format("{} sockets do not speak {}", socket_type_text(spec.socket_type),
                                spec.protocol),
                    fmt::format("write {} {}", right, spec.protocol), diagnostics);
    };
    if (spec.socket_type != SocketType::raw) {
        if (spec.protocol == "tcp" && spec.socket_type != SocketType::stream) wrong_type("stream");
        if (spec.protocol == "udp" && spec.socket_type != SocketType::dgram) wrong_type("dgram");
    } else if (spec.family == Family::unix_domain) {
        wrong_type("stream");
    }
    for (const std::string& host : spec.bind) {
        const int family = address_family(host);
        const bool wrong = (family == AF_INET && spec.family == Family::v6) ||
                           (family == AF_INET6 && spec.family == Family::v4) ||
                           spec.family == Family::unix_domain;
        if (wrong)
            draft.error("bind",
                        fmt::format("{} is no address for {}", host,
                                    protocol_text(spec.protocol, spec.family)),
                        spec.family == Family::unix_domain
                            ? "leave it out"
                            : fmt::format("write {} or another address",
                                          protocol_text(spec.protocol, Family::any)),
                        diagnostics);
    }
    if (spec.family != Family::unix_domain) return;
    if (spec.path.size() > longest_path)
        draft.error("service",
                    fmt::format("this path has {} bytes, more than the {} of a unix socket",
                                spec.path.size(), longest_path),
                    "choose a shorter one", diagnostics);
    else if (spec.path.empty() || (spec.path[0] != '/' && spec.path[0] != '@'))
        draft.error("service", fmt::format("`{}` is not the path of a unix socket", spec.path),
                    "begin it with a slash, or with @ for the abstract name space", diagnostics);
}

bool is_loopback(const std::string& host) {
    return host.starts_with("127.") || host == "::1" || same_word(host, "localhost");
}

/// Of what tells of all services.
void warn_of_openness(const Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    const bool local =
        !spec.bind.empty() && std::all_of(spec.bind.begin(), spec.bind.end(), is_loopback);
    if (spec.access.only_from || local || spec.family == Family::unix_domain) return;
    diagnostics.warning(draft.where("service"),
                        fmt::format("{} tells whoever can connect of all services and their "
                                    "clients",
                                    spec.builtin),
                        "add only_from, or listen on 127.0.0.1");
}

void check_builtin(Draft& draft, const LoadOptions& options, Diagnostics& diagnostics) {
    ServiceSpec& spec = draft.spec;
    const std::string_view at = draft.says("builtin")  ? "builtin"
                                : draft.says("server") ? "server"
                                                       : "service";
    if (spec.serve == Serve::wait) {
        // A datagram builtin on `wait` is inetd.conf's usual way; a stream's was always taken as
        // nowait.
        if (!spec.is_datagram())
            diagnostics.warning(draft.where("serve"),
                                fmt::format("the builtin {} is served as nowait", spec.builtin),
                                "write nowait");
        spec.serve = Serve::nowait;
    }
    if (options.builtins.empty()) return;
    std::vector<std::string_view> names;
    for (const KnownBuiltin& known : options.builtins) {
        names.push_back(known.name);
        if (!same_word(known.name, spec.builtin)) continue;
        if (!(spec.is_datagram() ? known.datagram : known.stream))
            draft.error("socket_type",
                        fmt::format("the builtin {} does not serve {}", known.name,
                                    spec.is_datagram() ? "datagrams" : "connections"),
                        spec.is_datagram() ? "write stream tcp" : "write dgram udp", diagnostics);
        if (known.tells_of_all) warn_of_openness(draft, diagnostics);
        return;
    }
    const std::string module = module_file(spec.builtin);
    const bool named_in_full = !module.empty() && module == spec.builtin;
    if (named_in_full && !options.check_host) return;
    if (named_in_full ||
        (!module.empty() && ::access((spec.sandbox.chroot + module).c_str(), F_OK) == 0)) {
        const std::string fault = module_fault(spec.sandbox.chroot + module);
        if (!fault.empty())
            draft.error(at, fmt::format("the module {} cannot be used", module), fault,
                        diagnostics);
        return;
    }
    std::string all;
    for (const std::string_view name : names) all += (all.empty() ? "" : ", ") + std::string(name);
    const std::string hint = did_you_mean(spec.builtin, names);
    draft.error(at, fmt::format("there is no builtin `{}`", spec.builtin),
                hint + (hint.empty() ? "" : " ") + fmt::format("There are {}.", all) +
                    (module.empty() ? "" : " Or install a module as " + module),
                diagnostics);
}

void check_program(Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    if (!spec.builtin.empty())
        draft.error("builtin",
                    fmt::format("this service has a program, {}, and a builtin, {}", spec.server,
                                spec.builtin),
                    "leave one of them out", diagnostics);
    if (spec.server[0] != '/')
        draft.error("server", fmt::format("`{}` is not an absolute path", spec.server),
                    "begin it with a slash", diagnostics);
    if (spec.is_datagram() && spec.serve != Serve::wait)
        draft.error("serve", "a program gets datagrams with `wait` only",
                    "write wait: the program reads from the socket itself", diagnostics);
    else if (spec.is_pool() && spec.serve != Serve::prefork)
        draft.error("serve",
                    fmt::format("{} serves in threads, and a program is a process",
                                mpms_text(1U << static_cast<unsigned>(spec.serve))),
                    "write nowait, wait or prefork; `accept = yes` keeps resident programs in "
                    "prefork",
                    diagnostics);
}

void check_tcpmux(Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    if (spec.protocol != "tcp" || spec.socket_type != SocketType::stream)
        draft.error("protocol", "a tcpmux entry is reached over TCP only", "write stream tcp",
                    diagnostics);
    if (spec.serve != Serve::nowait)
        draft.error("serve", "a tcpmux entry is served connection by connection", "write nowait",
                    diagnostics);
}

}  // namespace

void conclude(Draft& draft, bool full_argv0, Diagnostics& diagnostics) {
    ServiceSpec& spec = draft.spec;
    if (spec.id.empty()) spec.id = draft.label.empty() ? spec.name : draft.label;
    if (spec.protocol_number == 0 && spec.protocol == "tcp") spec.protocol_number = IPPROTO_TCP;
    if (spec.family == Family::unix_domain) {
        if (spec.path.empty()) spec.path = spec.name;
        spec.port = 0;
    } else if (spec.rpc.low != 0) {
        // Its port is the kernel's choice unless it is said: rpcbind(8) tells the clients.
        if (!spec.name.empty()) find_program(draft, diagnostics);
    } else if (!spec.tcpmux && !spec.name.empty() && draft.plain_key) {
        find_port(draft, diagnostics);
    }
    find_server(draft, full_argv0);
    if (!draft.says("idle_timeout") && !draft.inherits("idle_timeout"))
        spec.idle_timeout = usual_idle_timeout(spec);
}

void check(Draft& draft, const LoadOptions& options, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    if (spec.user.empty())
        draft.error("user", "this service has no user", "add user = NAME", diagnostics);
    check_socket(draft, diagnostics);
    check_redirect(draft, diagnostics);
    if (spec.server.empty() && spec.builtin.empty())
        draft.error("server", "this service has no program",
                    "add server = /path, or server = internal", diagnostics);
    else if (!spec.server.empty())
        check_program(draft, diagnostics);
    else
        check_builtin(draft, options, diagnostics);
    if (spec.tcpmux) check_tcpmux(draft, diagnostics);
    check_registration(draft, options, diagnostics);
    check_pool(draft, diagnostics);
    check_admission(draft, diagnostics);
    check_sandbox(draft, diagnostics);
}

}  // namespace minetd
