// SPDX-License-Identifier: ISC
// All that one image of the daemon leaves to the one that comes after it in the same process
// (upgrade.h): text in a sealed memory file, and descriptors under the numbers that it names. Plain
// data; only an image of the same format and layout reads it.
#pragma once

#include <sys/resource.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/inheritance.h"
#include "mpm/handed_over.h"

namespace minetd {

struct Handover {
    /// Another one with every change of what is written here, or of what memory and messages of the
    /// same size mean.
    static constexpr int format = 4;

    struct Service {
        std::string key;
        std::string specification;  ///< as dump() prints a configuration of it alone
        HandedFd ledger;
        std::uint64_t ledger_seed = 0;
        HandedFd asking, inlet;               ///< of its Inquiry
        HandedFd error_reader, error_writer;  ///< of its ErrorOutput
        std::string error_line;
        std::string credentials;            ///< its directory
        HandedFd mount, network, landlock;  ///< its Namespaces
        HandedDispatcher dispatcher;
        std::vector<HandedSocket> sockets;  ///< where somebody waits still, of one that drains
    };
    struct Inquirer {
        HandedChild child;
        std::vector<std::string> services;  ///< keys, in its order
    };

    std::string version;               ///< of the image that wrote this
    std::string daemon;                ///< the [minetd] section in force, as dump() prints it
    std::optional<rlimit> open_files;  ///< what programs are started with, where ours was raised
    std::vector<Service> services, draining;
    std::vector<HandedSocket> sockets;  ///< the others, and those that nobody has
    HandedBoards boards;
    HandedFd denied;  ///< the sensors' list
    std::vector<Inquirer> inquirers;
    std::map<std::string, HandedChild> announcers;  ///< by name
    HandedFd pid_file;
    std::vector<pid_t> askers;  ///< they wait to hear how the upgrade went

    /// Every descriptor that is named. Some are named twice: a service's own, and by its sessions
    /// that drain.
    std::vector<HandedFd*> descriptors();

    std::string to_text() const;
    /// Throws std::runtime_error with what is wrong: not a state at all, one of another format or
    /// layout, a value out of its range, a descriptor that is not open.
    static Handover from_text(const std::string& text);
};

/// What the images must agree on beside the format: how large shared memory and messages are.
std::string handover_layout();

}  // namespace minetd
