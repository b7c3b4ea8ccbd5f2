// SPDX-License-Identifier: ISC
// minetd-load PORT...: the load of load.h on services of 127.0.0.1, for a test that is a script. It
// is told what to do by lines of its standard input, and answers each with one:
//   begin MS           clients come, from now on; sessions are so long
//   kill PID           SIGKILL; what the process holds at that moment counts as its own
//   row COUNT NAME...  clients go; the table's line for what was done meanwhile
// It ends with 1 if a request was lost, or there was no load.
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/load.h"
#include "tests/integration/process_sockets.h"

using namespace minetd;

namespace {

/// Stopped first, so that what it holds stays what it holds; how many connections that are.
std::size_t kill_under(Load& load, pid_t pid) {
    if (pid <= 1 || ::kill(pid, SIGSTOP) < 0) return 0;
    comes_true([&] { return is_stopped(pid); });
    const auto peers = peers_of(pid);
    load.doom(peers);
    ::kill(pid, SIGKILL);
    return peers.size();
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<SocketAddress> services;
    for (int i = 1; i < argc; ++i)
        services.push_back(address_of("127.0.0.1", static_cast<std::uint16_t>(std::atoi(argv[i]))));
    std::unique_ptr<Load> load;
    bool good = true;
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string order, name;
        words >> order;
        if (order == "begin") {
            unsigned length = 0;
            words >> length;
            load = std::make_unique<Load>(services, std::chrono::milliseconds(length));
            std::cout << "begun" << std::endl;
        } else if (order == "kill" && load) {
            pid_t pid = 0;
            words >> pid;
            std::cout << fmt::format("killed with {} connections", kill_under(*load, pid))
                      << std::endl;
        } else if (order == "row" && load) {
            unsigned count = 0;
            std::getline(words >> count >> std::ws, name);
            const LoadCounts seen = load->stop();
            load.reset();
            good = good && seen.lost() == 0 && seen.answered > count * services.size();
            std::cout << table_row(name, count, seen) << std::endl;
        } else {
            std::cerr << "minetd-load: what is `" << line << "'?\n";
            return 64;
        }
    }
    return good ? 0 : 1;
}
