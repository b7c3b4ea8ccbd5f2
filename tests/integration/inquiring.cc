// SPDX-License-Identifier: ISC
#include "tests/integration/inquiring.h"

#include <utility>

#include "tests/integration/fake_name_server.h"

namespace minetd {

std::string echo(const EchoWay& way, const std::string& settings, const char* family) {
    return std::string("{echo} stream ") + family + " " + way.serve + " {user} " + way.program +
           "\n[defaults]\nlog_on_success = HOST\nlog_on_failure = HOST\n[{echo}]\nid = echo\n" +
           settings;
}

const std::map<std::string, std::string> dns = {{"nsswitch.conf", FakeNameServer::nsswitch()},
                                                {"resolv.conf", FakeNameServer::resolv()}};
const std::map<std::string, std::string> no_dns = {{"nsswitch.conf", "hosts: files\n"},
                                                   {"hosts", "127.0.0.1 localhost\n"}};

std::map<std::string, std::string> wrapped(std::string allow, std::string deny) {
    auto files = no_dns;
    files["hosts.allow"] = std::move(allow);
    files["hosts.deny"] = std::move(deny);
    files["hosts"] += "127.0.0.2 friend.example.org\n127.0.0.3 foe.example.net\n";
    return files;
}

}  // namespace minetd
