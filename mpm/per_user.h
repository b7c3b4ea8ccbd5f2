// SPDX-License-Identifier: ISC
// A service whose clients are served as different users, by the address they came to (Apache's
// perchild MPM: AssignUserID). Each user has processes of its own, which hold the listening sockets
// of its own addresses and no others: no process reads a request that is not its user's.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "mpm/service_process.h"

namespace minetd {

class PerUser : public Dispatcher {
  public:
    /// `keeper` keeps the pool of each user. Throws std::exception, naming an unknown user.
    PerUser(Runtime& runtime, Assignment assignment, ProcessBody keeper);

    void serve(std::vector<ListeningSocket> sockets) override;
    void stop_accepting() noexcept override;
    unsigned sessions() const noexcept override;
    void signal_sessions(int signal) noexcept override;
    void adopt(Assignment assignment, bool new_servers) override;
    HandedDispatcher hand_over() noexcept override;
    void take_over(HandedDispatcher& handed, const std::vector<ListeningSocket>& sockets) override;

  private:
    using Name = std::pair<std::string, std::string>;  ///< user, group
    struct Part {
        std::unique_ptr<ServiceProcess> process;
        std::vector<int> sockets;  ///< descriptors it serves
    };

    Name user_of(const ListeningSocket& socket) const;
    Assignment assignment_for(const Name& name) const;
    /// Each user's addresses to its servers. With a value the assignment is new, too, and says
    /// whether it takes new servers.
    void distribute(std::optional<bool> new_servers = std::nullopt);

    Runtime& runtime_;
    Assignment job_;
    ProcessBody keeper_;
    std::vector<ListeningSocket> sockets_;
    std::map<Name, Part> parts_;
    std::vector<std::unique_ptr<ServiceProcess>>
        former_;  ///< of users who have no address any more
};

}  // namespace minetd
