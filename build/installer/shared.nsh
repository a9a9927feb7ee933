; What the installer and the uninstaller share: reading the command line, waiting for robots, giving up.

!macro BothPrograms un
; The value of a switch (its name on the stack, in either case: /WAIT=), or "absent". Windows takes the command line
; apart: NSIS' own GetOptions ends a value at its first slash, and so every http:// address.
Function ${un}Switch
  Exch $0 ; name
  Push $1 ; number of arguments
  Push $2 ; the list of arguments
  Push $3 ; where we are in it
  Push $4
  Push $5
  Push $6 ; length of the name
  StrLen $6 $0
  System::Call 'kernel32::GetCommandLineW() p .r2'
  System::Call 'shell32::CommandLineToArgvW(p r2, *i .r1) p .r2'
  StrCpy $3 $2
  ${While} $1 > 0
    System::Call '*$3(p .r4)'
    System::Call 'kernel32::lstrcpynW(w .r5, p r4, i ${NSIS_MAX_STRLEN})'
    StrCpy $4 $5 $6
    ${If} $4 == $0
      StrCpy $0 $5 "" $6
      Goto found
    ${EndIf}
    IntPtrOp $3 $3 + 8
    IntOp $1 $1 - 1
  ${EndWhile}
  StrCpy $0 "absent"
  found:
  System::Call 'kernel32::LocalFree(p r2)'
  Pop $6
  Pop $5
  Pop $4
  Pop $3
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
  MessageBox MB_OK|MB_ICONSTOP "$0" /SD IDOK
  Abort
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

; Ask the robots of this session to end after their jobs, and wait. Never ends one itself: a job may be at work.
Function ${un}WaitForRobots
  IfFileExists "$INSTDIR\robot-cli.exe" 0 nobody
  DetailPrint "$(WaitsForRobots)"
  again:
  ${If} ${Silent}
    nsExec::Exec '"$INSTDIR\robot-cli.exe" finish --wait $Wait'
  ${Else}
    nsExec::Exec '"$INSTDIR\robot-cli.exe" finish --wait 0.2'
  ${EndIf}
  Pop $0
  ${If} $0 == 5 ; "already running": a robot is still at work
    MessageBox MB_RETRYCANCEL|MB_ICONINFORMATION "$(StillAtWork)" /SD IDCANCEL IDRETRY again
    Push ${EXIT_AT_WORK}
    Push "$(NothingChanged)"
    Call ${un}Fail
  ${EndIf}
  ; Robots of other sessions can't be asked. A folder with a file in use can't be renamed.
  RMDir /r "$INSTDIR\_internal.old"
  ClearErrors
  Rename "$INSTDIR\_internal" "$INSTDIR\_internal.old"
  ${If} ${Errors}
    MessageBox MB_RETRYCANCEL|MB_ICONINFORMATION "$(InUse)" /SD IDCANCEL IDRETRY again
    Push ${EXIT_AT_WORK}
    Push "$(NothingChanged)"
    Call ${un}Fail
  ${EndIf}
  nobody:
FunctionEnd
!macroend

!insertmacro BothPrograms ""
!insertmacro BothPrograms "un."

!macro ReadValue un name variable
  Push "${name}"
  Call ${un}Switch
  Pop ${variable}
  ${If} ${variable} == "absent"
    StrCpy ${variable} ""
  ${EndIf}
!macroend

!macro ReadFlag un name variable
  Push "${name}"
  Call ${un}Switch
  Pop ${variable}
  ${If} ${variable} == "absent"
    StrCpy ${variable} ""
  ${Else}
    StrCpy ${variable} 1
  ${EndIf}
!macroend

!macro ReadWait un
  !insertmacro ReadValue "${un}" "/WAIT=" $Wait
  ${If} $Wait == ""
    StrCpy $Wait ${USUAL_WAIT}
  ${EndIf}
!macroend
