// SPDX-License-Identifier: ISC
// A name server for the names of a test: it answers, says that there is nothing, or says nothing.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/os/socket_address.h"
#include "daemon/os/unique_fd.h"

namespace minetd {

class FakeNameServer {
  public:
    /// What nsswitch.conf and resolv.conf say where it is the name server.
    static const char* nsswitch() { return "hosts: dns\npasswd: files\ngroup: files\n"; }
    static const char* resolv() { return "nameserver 127.0.0.1\noptions timeout:3 attempts:1\n"; }

    /// `addresses`: of each host, in dotted form, with blanks between several. `names`: of each
    /// address, reversed look-up's answer; `?` is silence. Whatever is in neither does not exist.
    FakeNameServer(std::map<std::string, std::string> addresses,
                   std::map<std::string, std::string> names);
    ~FakeNameServer();

    /// Waits for a question that it does not answer.
    void await_silence();
    /// False: whoever heard nothing so far, or asks what it would not answer, is told that there is
    /// nothing.
    void set_silent(bool silent);

  private:
    struct Question {
        std::string query;
        SocketAddress peer;
    };
    void serve();
    void answer(const Question& question, const std::string& answer);
    std::string answer_to(const std::string& query);

    std::map<std::string, std::string> addresses_, names_;
    std::mutex mutex_;
    std::condition_variable changed_;
    int unanswered_ = 0;  ///< since the last await_silence()
    bool silent_ = true;
    std::vector<Question> held_;
    UniqueFd socket_, stop_;
    std::thread thread_;
};

}  // namespace minetd
