// SPDX-License-Identifier: ISC
// What was asked for on the command line.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "daemon/config/configuration.h"

namespace minetd {

struct CommandLine {
    enum class Action {
        serve,
        check,
        dump,
        attributes,
        explain,
        units,
        reload,
        upgrade,
        check_handover
    };
    Action action = Action::serve;
    std::string config = MINETD_SYSCONFDIR "/minetd.conf";
    std::vector<std::string> files;  ///< for check: all that are named, or `config`, the first
    Dialect dialect = Dialect::automatic;
    bool foreground = false;
    bool supervise = false;
    unsigned watchdog = 30;  ///< seconds that a supervised daemon may be silent; 0: for ever
    pid_t supervisor = 0;    ///< the minetd --supervise that started us; 0: none
    bool strict = false;
    std::optional<std::string> pid_file;
    std::optional<unsigned> process_limit;  ///< in place of the configuration's
    std::string inetd_conf;                 ///< read beside `config`, which goes first; empty: none
    std::optional<LogTarget> log;
    std::string attribute;  ///< for explain
    std::string units;      ///< for units: the directory they go to
    bool force = false;     ///< for units: what is there is replaced
    pid_t pid = 0;          ///< for reload and upgrade
    int handover = -1;      ///< for check_handover: the descriptor of the state
};

/// Takes xinetd's options too. Ends the process for --help and --version (0) and for a wrong use
/// (64), saying why.
CommandLine parse_command_line(int argc, char** argv);

}  // namespace minetd
