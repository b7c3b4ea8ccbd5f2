// SPDX-License-Identifier: ISC
#include "tests/peers/xinetd/suite.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/integration/daemon_under_test.h"
#include "tests/integration/free_port.h"
#include "tests/integration/gauge.h"
#include "tests/peers/peer.h"
#include "tests/peers/xinetd/entry.h"
#include "tests/peers/xinetd/script.h"

namespace minetd {
namespace {

using Indices = std::vector<std::size_t>;

/// Of one length, so that none is the beginning of another.
std::string id_of(std::size_t index) {
    return "svc" + std::to_string(1000 + index);
}

/// With an environment of which the suite knows everything.
std::vector<std::string> clean(std::vector<std::string> command) {
    static const std::string words[] = {"/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "SHOWN=yes"};
    command.insert(command.begin(), std::begin(words), std::end(words));
    return command;
}

/// In one directory, one configuration and one process.
class Run {
  public:
    Run(const TestedDaemon& daemon, std::span<const Case> cases, const Indices& chosen)
        : cases_(cases), chosen_(chosen) {
        const std::string& dir = directory_.path();
        std::filesystem::copy_file(std::getenv("MINETD_PROBE"), dir + "/probe");
        chmod((dir + "/probe").c_str(), 0755);
        write_file(dir + "/not-a-program", "no program at all");
        Gauge::create(dir + "/gauge");
        std::filesystem::create_directory(dir + "/out");
        chmod((dir + "/out").c_str(), 01777);
        write_file(dir + "/nothing", "");
        write_file(dir + "/welcome", "welcome\n");
        write_file(dir + "/admitted", "admitted\n");
        write_file(dir + "/sorry", "sorry\n");

        Place common{.directory = dir, .ready = free_port(), .count = free_port()};
        common.id = id_of(chosen_.front());
        std::string text;
        const Case& first = cases_[chosen_.front()];
        if (*first.defaults) text += "defaults\n{\n" + common.expand(first.defaults) + "\n}\n";
        text += program_entry("ready", common.ready, "answer", common);
        text += program_entry("count", common.count, "count", common);
        for (const std::size_t index : chosen_) {
            Place place = common;
            place.id = id_of(index);
            place.port = free_port();
            place.second = free_port();
            for (const auto& [name, content] : cases_[index].files) {
                const std::filesystem::path file = dir + "/" + place.expand(name);
                std::filesystem::create_directories(file.parent_path());
                write_file(file, place.expand(content));
            }
            write_file(place.file(), entry_text(cases_[index].entry, place));
            text += "include " + place.file() + "\n";
            places_.push_back(place);
        }
        write_file(dir + "/xinetd.conf", text);

        log_ = dir + "/log";
        std::vector<std::string> command = daemon.command(dir + "/xinetd.conf", log_);
        std::istringstream options(common.expand(first.options));
        for (std::string word; options >> word;) command.push_back(word);
        peer_ = std::make_unique<Peer>(clean(command), common.ready, log_);
    }

    /// To `told`, by index.
    void play_into(std::vector<std::string>& told) {
        for (std::size_t i = 0; i < chosen_.size(); ++i) try {
                told[chosen_[i]] = play({cases_[chosen_[i]], places_[i], peer_->pid(), log_});
            } catch (const std::exception& error) {
                told[chosen_[i]] = std::string("- ") + error.what();
            }
        peer_.reset();  // nothing is recorded after this
        for (std::size_t i = 0; i < chosen_.size(); ++i) {
            const std::string records = records_of(places_[i], cases_[chosen_[i]].script);
            std::string& one = told[chosen_[i]];
            if (!records.empty()) one += (one.empty() ? "" : "; ") + records;
        }
    }

  private:
    std::span<const Case> cases_;
    const Indices& chosen_;
    TemporaryDirectory directory_;
    std::vector<Place> places_;
    std::string log_;
    std::unique_ptr<Peer> peer_;
};

}  // namespace

const TestedDaemon xinetd = {
    "xinetd", [](const std::string& file, const std::string& log) {
        return std::vector<std::string>{
            std::string(std::getenv("MINETD_PEERS")) + "/xinetd/usr/sbin/xinetd",
            "-dontfork",
            "-stayalive",
            "-pidfile",
            log + ".pid",
            "-filelog",
            log,
            "-f",
            file};
    }};

const TestedDaemon minetd_itself = {
    "minetd", [](const std::string& file, const std::string& log) {
        return std::vector<std::string>{
            std::getenv("MINETD"), "-dontfork", "-stayalive", "-pidfile", log + ".pid", "-f", file};
    }};

std::vector<std::string> play_all(const TestedDaemon& daemon, std::span<const Case> cases) {
    std::map<std::pair<std::string, std::string>, Indices> runs;
    for (std::size_t i = 0; i < cases.size(); ++i)
        runs[{cases[i].defaults, cases[i].options}].push_back(i);
    std::vector<std::string> told(cases.size());
    for (const auto& [shared, chosen] : runs) try {
            Run(daemon, cases, chosen).play_into(told);
        } catch (const std::exception& error) {
            for (const std::size_t index : chosen) told[index] = std::string("- ") + error.what();
        }
    return told;
}

}  // namespace minetd
