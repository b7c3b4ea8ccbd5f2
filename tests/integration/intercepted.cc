// SPDX-License-Identifier: ISC
#include "tests/integration/intercepted.h"

#include <poll.h>
#include <unistd.h>

#include <sstream>

#include "tests/integration/process_tree.h"

namespace minetd {

const std::string intercept_records =
    "[defaults]\nintercept = yes\nlog_on_success = HOST PID EXIT TRAFFIC\nlog_on_failure = HOST\n";

namespace {

std::string held(const std::string& kind, const std::string& mode, const std::string& settings) {
    return "{held} " + kind + " wait {user} {probe} probe " + mode + "\n" + intercept_records +
           "[{held}]\nid = held\n" + settings + "\n";
}

}  // namespace

Client from(const char* host, std::uint16_t port, int type) {
    return Client(address_of("127.0.0.1", port), type, address_of(host, 0));
}

std::string own_address(const Client& client) {
    return local_address(client.fd()).str();
}

Told::Told(const std::string& text) {
    std::istringstream words(text);
    words >> pid >> peer;
    std::getline(words >> std::ws, rest);
}

Told ask(Client& client, const std::string& datagram) {
    client.send(datagram);
    return Told(client.receive());
}

bool is_silent(Client& client) {
    pollfd item{.fd = client.fd(), .events = POLLIN, .revents = 0};
    return ::poll(&item, 1, 0) == 0;
}

std::set<pid_t> interceptors(DaemonUnderTest& daemon) {
    std::set<pid_t> found;
    for (const ProcessView& process : descendants(daemon.pid()))
        if (process.parent == daemon.pid() && process.state != 'Z' &&
            read_file("/proc/" + std::to_string(process.pid) + "/comm").starts_with("minetd:"))
            found.insert(process.pid);
    return found;
}

std::set<pid_t> children(DaemonUnderTest& daemon) {
    std::set<pid_t> found;
    for (const ProcessView& process : descendants(daemon.pid())) found.insert(process.pid);
    return found;
}

bool is_root() {
    return ::geteuid() == 0;
}

std::string stream(const std::string& mode, const std::string& settings) {
    return held("stream tcp4", mode, settings);
}

std::string datagram(const std::string& mode, const std::string& settings) {
    return held("dgram udp4", mode, settings);
}

}  // namespace minetd
