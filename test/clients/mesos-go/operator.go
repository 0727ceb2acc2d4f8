/**
 * Calls of the operator API, one after the other: `CALL` at a master, `agent:CALL` at an agent.
 *
 * Prints each answer as the library understood it; a subscription's events for as long as they come.
 */

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/agent"
	agentcalls "github.com/mesos/mesos-go/api/v1/lib/agent/calls"
	"github.com/mesos/mesos-go/api/v1/lib/encoding"
	"github.com/mesos/mesos-go/api/v1/lib/httpcli/httpagent"
	"github.com/mesos/mesos-go/api/v1/lib/httpcli/httpmaster"
	"github.com/mesos/mesos-go/api/v1/lib/master"
	"github.com/mesos/mesos-go/api/v1/lib/master/calls"
)

func runOperator(o options, names []string) error {
	client := clientOf(o)
	toMaster := httpmaster.NewSender(client.Send)
	toAgent := httpagent.NewSender(client.Send)
	ctx := context.Background()
	for _, name := range names {
		var response mesos.Response
		var err error
		answer := func() encoding.Unmarshaler { return &master.Response{} }
		if name == "SUBSCRIBE" {
			answer = func() encoding.Unmarshaler { return &master.Event{} }
		}
		if call := strings.TrimPrefix(name, "agent:"); call != name {
			answer = func() encoding.Unmarshaler { return &agent.Response{} }
			kind, known := agent.Call_Type_value[call]
			if !known {
				return fmt.Errorf("%s: the library knows no such call", name)
			}
			request := &agent.Call{Type: agent.Call_Type(kind)}
			if request.Type == agent.Call_GET_METRICS {
				request = agentcalls.GetMetrics(nil)
			}
			response, err = toAgent.Send(ctx, agentcalls.NonStreaming(request))
		} else {
			kind, known := master.Call_Type_value[call]
			if !known {
				return fmt.Errorf("%s: the library knows no such call", name)
			}
			request := &master.Call{Type: master.Call_Type(kind)}
			if request.Type == master.Call_GET_METRICS {
				request = calls.GetMetrics(nil)
			}
			response, err = toMaster.Send(ctx, calls.NonStreaming(request))
		}
		if err != nil {
			return fmt.Errorf("%s: %v", name, err)
		}
		if err = sayAll(name, response, answer); err != nil {
			return fmt.Errorf("%s: %v", name, err)
		}
	}
	return nil
}

func sayAll(name string, response mesos.Response, answer func() encoding.Unmarshaler) error {
	defer response.Close()
	for {
		message := answer()
		if err := response.Decode(message); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		say(line{"call": name, "answer": message})
	}
}
