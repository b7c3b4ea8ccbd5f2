// SPDX-License-Identifier: ISC
// Text to ServiceTable: the one door into daemon/config.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/diagnostics.h"
#include "daemon/config/service_spec.h"

namespace minetd {

/// How conflicts between the inetds are resolved; see minetd.conf(5), DIALECTS.
enum class Dialect {
    automatic,
    minetd,
    inetd_bsd,
    inetd_freebsd,
    inetd_netbsd,
    inetd_debian,
    inetd_gnu,
    inetd_busybox,
    xinetd
};

/// The name of a dialect as `--dialect` takes it; throws std::invalid_argument for an unknown one.
Dialect dialect_from(std::string_view name);

/// A builtin as far as the configuration goes; the builtins themselves are in a higher layer.
struct KnownBuiltin {
    std::string name;
    bool stream = true, datagram = false;  ///< what it can serve
    bool tells_of_all = false;             ///< what it serves is about all services
};

struct Configuration {
    DaemonSpec daemon;
    std::vector<std::shared_ptr<const ServiceSpec>> services;  ///< in file order, valid ones only
    /// Keys of services left out because of an error; `name/?` when only the name, or the id, is
    /// known.
    std::vector<std::string> broken;
    /// The files that were read. Where `incomplete`, a file that xinetd does without could not be:
    /// the services of files that are not among these may still be meant.
    std::set<std::string> files;
    bool incomplete = false;
    /// What is here may not be all, or not what was meant: a file that could not be read, a broken
    /// [minetd] or [defaults], a section that is about nobody knows what. Each comes with an error
    /// whose Where has no line.
    bool fatal = false;

    bool operator==(const Configuration& other) const;
};

struct LoadOptions {
    Dialect dialect = Dialect::automatic;
    /// Also look at this host: users, groups, programs, networks interfaces.
    bool check_host = true;
    /// Also ask for the addresses of names, which may take seconds: for who waits for the findings.
    bool look_up = false;
    /// Directory of drop-ins (`*.conf` in byte order); empty: FILE with `.conf` replaced by `.d`.
    std::string drop_ins;
    /// An inetd.conf whose lines are read too, but for services that FILE has; empty: none. It need
    /// not exist.
    std::string inetd_conf;
    /// What `internal` may name; empty: not checked.
    std::vector<KnownBuiltin> builtins;
};

/// Reads a file, its includes and its drop-ins. Never throws for what is in them: every finding is
/// in `diagnostics`. A broken service is left out and named in `broken`. What makes
/// it `fatal` is an error with an empty Where::line; the caller decides what that stops.
Configuration load_configuration(const std::string& file, const LoadOptions&, Diagnostics&);

/// The same for text that is at hand; `file` only names it in messages. Includes are relative to
/// it.
Configuration parse_configuration(std::string_view text, const std::string& file,
                                  const LoadOptions&, Diagnostics&);

/// The effective configuration in native form; parse(dump(x)) == x.
std::string dump(const Configuration&);

/// What a reload has to do.
struct Changes {
    struct Pair {
        std::shared_ptr<const ServiceSpec> before, after;
        bool same_socket = false;        ///< address and type are the same: the socket is kept
        bool needs_new_servers = false;  ///< a changed attribute lives in running servers
    };
    std::vector<std::shared_ptr<const ServiceSpec>> added, removed, kept;
    std::vector<Pair> changed;
};
/// By key(), or by id and place where only the name is another: then it keeps the name that it has
/// in `current`. A kept service is the object of `current`. A service that is broken in `next`, or
/// whose file could not be read, stays as it is in `current`: it counts as kept.
Changes changes(const Configuration& current, const Configuration& next);

/// `--attributes`: every attribute with its type, default and help; `--explain NAME`: one of them.
/// explain_attribute returns an empty text for an unknown name, with `suggestion` set where one is
/// near.
std::string list_attributes();
std::string explain_attribute(std::string_view name, std::string& suggestion);

}  // namespace minetd
