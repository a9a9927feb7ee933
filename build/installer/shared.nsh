; What the installer and the uninstaller share: the command line, the robot's own code, waiting for robots, giving up.

!macro BothPrograms un
; The robot's code reads the command line itself, as Windows has it; no value passes through a text of NSIS.
Function ${un}HandOver
  System::Call 'kernel32::GetCommandLineW() p .r0'
  System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_SETUP_COMMAND_LINE", p r0)'
  System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_SETUP_MESSAGE", w "$PLUGINSDIR\message.txt")'
  ${If} $LANGUAGE == 1049
    System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_LANGUAGE", w "ru")'
  ${Else}
    System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_LANGUAGE", w "en")'
  ${EndIf}
FunctionEnd

; $3 = the argument to which the pointer at $2 points, cut at what a text of NSIS can hold.
Function ${un}ArgumentAt
  Push $4
  System::Call '*$2(p .r4)'
  System::Call 'kernel32::lstrcpynW(w .r3, p r4, i ${NSIS_MAX_STRLEN})'
  Pop $4
FunctionEnd

; Whether the command line says more than /S: 1 or 0 on the stack.
Function ${un}HasParameters
  Push $0
  Push $1
  Push $2
  Push $3
  Push $4
  StrCpy $4 0
  System::Call 'kernel32::GetCommandLineW() p .r1'
  System::Call 'shell32::CommandLineToArgvW(p r1, *i .r0) p .r1'
  StrCpy $2 $1
  ${While} $0 > 1 ; the first one is the program
    IntPtrOp $2 $2 + 8
    Call ${un}ArgumentAt
    StrCpy $3 $3 3
    ${If} $3 S!= "/S"
    ${AndIf} $3 != "_?=" ; where the uninstaller has been copied from
      StrCpy $4 1
    ${EndIf}
    IntOp $0 $0 - 1
  ${EndWhile}
  System::Call 'kernel32::LocalFree(p r1)'
  StrCpy $0 $4
  Pop $4
  Pop $3
  Pop $2
  Pop $1
  Exch $0
FunctionEnd

; Whether the command line has a flag (its name on the stack, in either case): 1 or empty.
Function ${un}Flag
  Exch $0
  Push $1
  Push $2
  Push $3
  Push $4
  System::Call 'kernel32::GetCommandLineW() p .r2'
  System::Call 'shell32::CommandLineToArgvW(p r2, *i .r1) p .r2'
  StrCpy $3 $2
  StrCpy $4 ""
  ${While} $1 > 0
    Push $2
    Push $3
    StrCpy $2 $3
    Call ${un}ArgumentAt
    ${If} $3 == $0
      StrCpy $4 1
    ${EndIf}
    Pop $3
    Pop $2
    IntPtrOp $3 $3 + 8
    IntOp $1 $1 - 1
  ${EndWhile}
  System::Call 'kernel32::LocalFree(p r2)'
  StrCpy $0 $4
  Pop $4
  Pop $3
  Pop $2
  Pop $1
  Exch $0
FunctionEnd

; By the rules of the settings; wrong ones end this program. The robot's program, and an option for it.
Function ${un}JudgeParameters
  Exch $1
  Exch
  Exch $0
  nsExec::Exec '"$0" setup check $1'
  Pop $0
  ${If} $0 != 0
    Call ${un}ReadMessage
    Pop $1
    Push ${EXIT_PARAMETER}
    Push $1
    Call ${un}Fail
  ${EndIf}
  Pop $0
  Pop $1
FunctionEnd

; What the robot's code has to say, on the stack.
Function ${un}ReadMessage
  Push $0
  Push $1
  Push $2
  StrCpy $2 ""
  ClearErrors
  FileOpen $0 "$PLUGINSDIR\message.txt" r
  ${IfNot} ${Errors}
    ${Do}
      FileReadUTF16LE $0 $1
      ${If} ${Errors}
        ${ExitDo}
      ${EndIf}
      StrCpy $2 "$2$1"
    ${Loop}
    FileClose $0
  ${EndIf}
  ClearErrors
  StrCpy $0 $2
  Pop $2
  Pop $1
  Exch $0
FunctionEnd

; Give up with an exit code and, if somebody is there, with words.
Function ${un}Fail ; exit code, text
  Exch $0
  Exch
  Exch $1
  SetErrorLevel $1
  ${If} $1 == ${EXIT_FILES}
    !insertmacro Log "Ended with 2: the files could not be written; nothing was changed"
  ${ElseIf} $1 == ${EXIT_AT_WORK}
    !insertmacro Log "Ended with 3: a robot was still at work, or the program in use, when the wait was over; nothing was changed"
  ${ElseIf} $1 == ${EXIT_NOT_ADMIN}
    !insertmacro Log "Ended with 4: the program is for all users, and this account is no administrator; nothing was changed"
  ${Else}
    !insertmacro Log "Ended with $1"
  ${EndIf}
  MessageBox MB_OK|MB_ICONSTOP "$0" /SD IDOK
  Quit
FunctionEnd

; Done but for something that a person can mend: words.
Function ${un}Incomplete
  Exch $0
  SetErrorLevel ${EXIT_INCOMPLETE}
  !insertmacro Log "Goes on to end with 6: settings or autostart could not be set up"
  MessageBox MB_OK|MB_ICONEXCLAMATION "$0" /SD IDOK
  Pop $0
FunctionEnd

; A line for the log, in English.
Function ${un}Log
  Exch $R9
  Push $R8
  Push $0
  Push $1
  Push $2
  Push $3
  Push $4
  Push $5
  Push $6
  ${GetTime} "" "L" $0 $1 $2 $3 $4 $5 $6
  FileOpen $R8 "$TEMP\Robot-setup.log" a
  FileSeek $R8 0 END
  FileWrite $R8 "$2-$1-$0 $4:$5:$6 $R9$\r$\n"
  FileClose $R8
  ClearErrors
  Pop $6
  Pop $5
  Pop $4
  Pop $3
  Pop $2
  Pop $1
  Pop $0
  Pop $R8
  Pop $R9
FunctionEnd

Function ${un}ChooseContext
  ${If} $AllUsers == 1
    UserInfo::GetAccountType
    Pop $0
    ${If} $0 != "Admin"
      Push ${EXIT_NOT_ADMIN}
      Push "$(NeedsAdmin)"
      Call ${un}Fail
    ${EndIf}
    SetShellVarContext all
  ${Else}
    SetShellVarContext current
  ${EndIf}
FunctionEnd

; Ask the robots of every session to end after their jobs, and wait; none ends before all can. Never ends one itself.
; The robot's program, and an option for it.
Function ${un}WaitForRobots
  Exch $1
  Exch
  Exch $0
  DetailPrint "$(WaitsForRobots)"
  again:
  ${If} ${Silent}
    nsExec::Exec '"$0" setup wait $1 --robots "$PLUGINSDIR\robots.json"'
  ${Else}
    nsExec::Exec '"$0" setup wait $1 --robots "$PLUGINSDIR\robots.json" --wait 0.2'
  ${EndIf}
  Pop $2
  ${If} $2 != 0
    ${If} $2 == ${STILL_AT_WORK}
      MessageBox MB_RETRYCANCEL|MB_ICONINFORMATION "$(StillAtWork)" /SD IDCANCEL IDRETRY again
    ${EndIf}
    Push ${EXIT_AT_WORK}
    Push "$(NothingChanged)"
    Call ${un}GiveUpWaiting
  ${EndIf}
  Pop $0
  Pop $1
FunctionEnd
!macroend

!macro Log text
  Push "${text}"
  !ifdef __UNINSTALL__
    Call un.Log
  !else
    Call Log
  !endif
!macroend

!insertmacro BothPrograms ""
!insertmacro BothPrograms "un."

Function GiveUpWaiting
  Call PutBack
FunctionEnd

Function un.GiveUpWaiting
  Call un.Fail
FunctionEnd

; Not for the robot that the last page may start.
Function TakeBackEnvironment
  System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_SETUP_COMMAND_LINE", p 0)'
  System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_SETUP_MESSAGE", p 0)'
  System::Call 'kernel32::SetEnvironmentVariableW(w "ROBOT_LANGUAGE", p 0)'
FunctionEnd

!macro ReadFlag un name variable
  Push "${name}"
  Call ${un}Flag
  Pop ${variable}
!macroend
